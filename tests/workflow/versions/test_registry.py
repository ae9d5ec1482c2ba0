"""Versions are Git tags; their files come from DVC's cache or a remote, with DVC's own commands too."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from checkout import Checkout

from atelier.workflow.versions import fetching, lock_file, registry

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")

# The layout of dvc.yaml with stages that copy; a run's name has an underscore, as fashion_mnist-vae has.
PIPELINE = """
stages:
  train:
    foreach: [mnist-vae, fashion_mnist-vae]
    do:
      cmd: python write_out.py ${item} data/models/${item}/config.json data/models/${item}/model.weights.h5
      deps: [source, write_out.py]
      outs: ["data/models/${item}/config.json", "data/models/${item}/model.weights.h5"]
  prepare:
    cmd: python write_out.py imdb data/prepared/imdb/tokenizer.json data/prepared/imdb/sub/more.npy
    deps: [source, write_out.py]
    outs: [data/prepared/imdb]
artifacts:
  mnist-vae: {path: data/models/mnist-vae, type: model}
  fashion_mnist-vae: {path: data/models/fashion_mnist-vae, type: model}
"""
SCRIPT = """
import sys
from pathlib import Path
for path in map(Path, sys.argv[2:]):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Path("source").read_text() + sys.argv[1] + path.name)
"""
RUN = "mnist-vae"
TRAINED = {f"train@{RUN}": ["config.json", "model.weights.h5"]}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout whose first two commits are versions, pushed to a remote; the third is trained, but no version."""
    checkout = Checkout(tmp_path_factory.mktemp("registry") / "checkout").init()
    checkout.dvc("remote", "add", "-q", "-d", "shelf", "../shelf")
    checkout.write("dvc.yaml", PIPELINE)
    checkout.write("write_out.py", SCRIPT)
    checkout.write(".gitignore", "/data/\n/.checkpoints/\n")
    for number in (1, 2, 3):
        checkout.write("source", f"{number} ")
        checkout.dvc("repro", "-q")
        # Not `dvc push --all-commits` at the end: in a commit, DVC 3.67 reads ../shelf as /shelf.
        checkout.dvc("push", "-q")
        checkout.commit(f"trained {number}")
        if number < 3:
            checkout.register(RUN, f"v1.{number * 9}.0")
    checkout.register("fashion_mnist-vae", "v0.1.0", "HEAD~1")
    checkout.assign(RUN, "v1.9.0", "prod")
    checkout.assign(RUN, "v1.18.0", "dev")
    return checkout


@pytest.fixture
def checkout(template: Checkout, tmp_path: Path) -> Checkout:
    shutil.copytree(template.root.parent, tmp_path / "place", symlinks=True)
    return Checkout(tmp_path / "place/checkout")


@pytest.fixture
def root(checkout: Checkout) -> Path:
    return checkout.root


def forget(root: Path) -> None:
    """Remove the whole cache."""
    shutil.rmtree(root / ".dvc/cache/files")


def content(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(directory.iterdir())}


def expected(number: int) -> dict[str, str]:
    return {name: f"{number} {RUN}{name}" for name in TRAINED[f"train@{RUN}"]}


def test_versions_are_listed_newest_first_with_the_stages_they_are_in(template: Checkout):
    found = registry.versions(template.root)
    assert [(of.run, of.version, of.stages) for of in found] == [
        ("fashion_mnist-vae", "v0.1.0", ()),
        (RUN, "v1.18.0", ("dev",)),
        (RUN, "v1.9.0", ("prod",)),
    ]
    log = template.git("log", "--format=%H").split()
    assert [of.commit for of in found] == [log[1], log[1], log[2]]


def test_stage_moves_to_the_version_that_it_was_assigned_to_last(checkout: Checkout):
    checkout.assign(RUN, "v1.18.0", "prod")
    assert [(of.version, of.stages) for of in registry.versions(checkout.root, RUN)] == [
        ("v1.18.0", ("dev", "prod")),
        ("v1.9.0", ()),
    ]


def test_checkout_without_tags_has_no_versions(tmp_path: Path):
    Checkout(tmp_path).git("init", "-q")
    assert registry.versions(tmp_path) == []


def test_directory_without_git_is_one_line(tmp_path: Path):
    with pytest.raises(ValueError, match="its versions cannot be read") as error:
        registry.versions(tmp_path)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("which", "number"),
    [("v1.9.0", 1), ("v1.18.0", 2), ("latest", 2), ("prod", 1), ("dev", 2), ("HEAD", 3), ("main", 3), ("HEAD~2", 1)],
)
def test_version_stage_and_commit_bring_what_was_trained_there(root: Path, which: str, number: int):
    assert content(fetching.fetch(fetching.resolve(root, RUN, which), TRAINED)) == expected(number)


def test_short_hash_of_a_commit_is_enough(checkout: Checkout):
    short = checkout.git("rev-parse", "--short", "HEAD~1")
    assert content(fetching.fetch(fetching.resolve(checkout.root, RUN, short), TRAINED)) == expected(2)


def test_unknown_name_lists_the_versions_there_are(root: Path):
    with pytest.raises(ValueError, match=r"no version, stage or commit 'v3") as error:
        fetching.resolve(root, RUN, "v3.0.0")
    assert str(error.value).endswith("versions of mnist-vae: v1.18.0 (dev), v1.9.0 (prod)")


@pytest.mark.parametrize("which", ["--help", "-h", "", "v1.9.0..main", "--output=canary"])
def test_name_that_git_could_take_for_an_option_is_no_commit(root: Path, which: str):
    with pytest.raises(ValueError, match="no version, stage or commit"):
        fetching.resolve(root, RUN, which)
    assert not (root / "canary").exists()


def test_cache_alone_is_enough(root: Path):
    shutil.rmtree(root.parent / "shelf")
    assert content(fetching.fetch(fetching.resolve(root, RUN, "prod"), TRAINED)) == expected(1)


def test_remote_alone_is_enough_and_is_not_asked_twice(root: Path):
    forget(root)
    commit = fetching.resolve(root, RUN, "prod")
    directory = fetching.fetch(commit, TRAINED)
    assert content(directory) == expected(1)
    shutil.rmtree(root.parent / "shelf")
    assert fetching.fetch(commit, TRAINED) == directory


def test_file_within_a_directory_comes_alone(root: Path):
    forget(root)
    directory = fetching.fetch(fetching.resolve(root, RUN, "prod"), {"prepare": ["tokenizer.json"]})
    assert content(directory) == {"tokenizer.json": "1 imdbtokenizer.json"}


def test_remote_without_the_bytes_is_one_line_that_says_where_they_were(root: Path):
    forget(root)
    shutil.rmtree(root.parent / "shelf/files")
    with pytest.raises(ValueError, match=r"@prod: neither DVC's cache nor the remote .*shelf has config\.json"):
        fetching.fetch(fetching.resolve(root, RUN, "prod"), TRAINED)
    assert not list((root / fetching.FETCHED).iterdir())


def test_no_remote_is_one_line_that_says_how_to_add_one(checkout: Checkout, root: Path):
    forget(root)
    checkout.dvc("remote", "remove", "-q", "shelf")
    with pytest.raises(ValueError, match=r"there is no remote to fetch it from; `dvc remote add -d NAME URL`"):
        fetching.fetch(fetching.resolve(root, RUN, "prod"), TRAINED)


def test_remote_with_other_bytes_is_refused_and_leaves_nothing(root: Path):
    forget(root)
    for path in (root.parent / "shelf/files").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_text("forged", encoding="utf-8")
    with pytest.raises(ValueError, match=r"the bytes of config\.json in the remote are damaged"):
        fetching.fetch(fetching.resolve(root, RUN, "prod"), TRAINED)
    assert not list((root / fetching.FETCHED).iterdir())


def test_damaged_cache_and_damaged_copy_are_replaced_from_the_remote(root: Path):
    for path in (root / ".dvc/cache/files").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_text("damaged", encoding="utf-8")
    commit = fetching.resolve(root, RUN, "prod")
    directory = fetching.fetch(commit, TRAINED)
    assert content(directory) == expected(1)
    (directory / "config.json").write_text("changed by hand", encoding="utf-8")
    assert content(fetching.fetch(commit, TRAINED)) == expected(1)


def test_stage_that_the_commit_does_not_have_is_one_line(root: Path):
    with pytest.raises(ValueError, match="nothing@else has no results at"):
        fetching.fetch(fetching.resolve(root, RUN, "prod"), {"nothing@else": ["config.json"]})
    with pytest.raises(ValueError, match=r"train@mnist-vae wrote no notes\.txt at"):
        fetching.fetch(fetching.resolve(root, RUN, "prod"), {f"train@{RUN}": ["notes.txt"]})


def test_working_tree_is_compared_with_the_lock(root: Path):
    paths = [root / f"data/models/{RUN}/{name}" for name in TRAINED[f"train@{RUN}"]]
    lock_file.require_unchanged(root, f"train@{RUN}", paths, "instead")
    paths[1].unlink()
    paths[1].write_text("changed", encoding="utf-8")
    with pytest.raises(ValueError, match=r"model\.weights\.h5 differs from dvc\.lock .* instead$"):
        lock_file.require_unchanged(root, f"train@{RUN}", paths, "instead")
    with pytest.raises(ValueError, match=r"dvc\.lock has no train@other"):
        lock_file.require_unchanged(root, "train@other", paths, "instead")


def test_lock_in_any_style_is_read(template: Checkout):
    text = template.read("dvc.lock")
    stages = yaml.safe_load(text)["stages"]
    found = lock_file.read(text)
    assert set(found) == set(stages) == {f"train@{RUN}", "train@fashion_mnist-vae", "prepare"}
    for stage, entry in stages.items():
        assert found[stage] == {out["path"]: lock_file.Out(out["path"], out["md5"]) for out in entry["outs"]}
    assert lock_file.read(yaml.safe_dump(yaml.safe_load(text), default_flow_style=True)) == found
    assert lock_file.read(None) == {}


@pytest.mark.parametrize(
    "text", ["<<<<<<< HEAD\nstages:\n", "[1]", "stages: {a: 1}", "stages: {a: {outs: [{md5: 1}]}}"]
)
def test_what_is_no_lock_is_one_line(text: str):
    with pytest.raises(ValueError, match=r"^dvc\.lock: ") as error:
        lock_file.read(text, "dvc.lock")
    assert len(str(error.value).splitlines()) == 1


def test_digest_of_an_older_dvc_or_of_another_kind_is_none():
    text = "stages: {a: {outs: [{path: a, md5: 0cc175b9c0f1b6a831c399e269772661}, {path: b, hash: md5, md5: ../x}]}}"
    assert lock_file.read(text) == {"a": {"a": lock_file.Out("a", ""), "b": lock_file.Out("b", "")}}


def test_commit_with_a_lock_of_an_older_dvc_is_one_line(checkout: Checkout):
    checkout.write("dvc.lock", checkout.read("dvc.lock").replace("hash: md5", "hash: md5-dos2unix"))
    checkout.git("commit", "-qam", "older")
    with pytest.raises(ValueError, match=r"mnist-vae has no MD5 of DVC 3 for data/models/mnist-vae/config\.json"):
        fetching.fetch(fetching.resolve(checkout.root, RUN, "HEAD"), TRAINED)


@pytest.mark.parametrize(("name", "version", "number"), [(RUN, "v1.9.0", 1), ("fashion_mnist-vae", "v0.1.0", 2)])
def test_dvc_gets_an_artifact_elsewhere_without_this_package(
    root: Path, tmp_path: Path, name: str, version: str, number: int
):
    Checkout(tmp_path).dvc("artifacts", "get", str(root), name, "--rev", version, "-o", "got")
    assert content(tmp_path / "got") == {file: f"{number} {name}{file}" for file in ("config.json", "model.weights.h5")}


def test_recipes_of_dvc_api_read_a_version(root: Path, tmp_path: Path):
    code = f"""
import json, dvc.api
found = dvc.api.artifacts_show({RUN!r}, version="v1.9.0", repo={str(root)!r})
text = dvc.api.read(found["path"] + "/config.json", repo={str(root)!r}, rev=found["rev"])
staged = dvc.api.artifacts_show({RUN!r}, stage="dev", repo={str(root)!r})
files = dvc.api.DVCFileSystem({str(root)!r}, rev=staged["rev"])
files.get(staged["path"], "dev", recursive=True)
print(json.dumps([found["path"], text]))
"""
    path, text = json.loads(Checkout(tmp_path).run(sys.executable, "-c", code).stdout)
    assert (path, text) == (f"data/models/{RUN}", f"1 {RUN}config.json")
    assert content(tmp_path / "dev") == expected(2)
