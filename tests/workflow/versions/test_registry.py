"""Versions are Git tags; what they name comes from DVC's cache or a remote, and by DVC's own commands as well."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from atelier.repository import locked, registry, versions

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


@pytest.fixture(scope="module", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory):
    """A person without Git settings, whose `python` is this one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_NO_ANALYTICS", "1")
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "test")
            patch.setenv(f"GIT_{role}_EMAIL", "test@example.org")
        yield


def call(root: Path, *command: str) -> str:
    words = [sys.executable, "-m", *command] if command[0] in ("dvc", "gto.cli") else list(command)
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def gto(root: Path, *words: str) -> str:
    return call(root, str(Path(sys.executable).parent / "gto"), *words)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose first two commits are versions, pushed to a remote; the third is trained, but no version."""
    place = tmp_path_factory.mktemp("registry")
    root = place / "checkout"
    root.mkdir()
    call(root, "git", "init", "-qb", "main")
    call(root, "dvc", "init", "-q")
    call(root, "dvc", "remote", "add", "-q", "-d", "shelf", "../shelf")
    (root / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    (root / "write_out.py").write_text(SCRIPT, encoding="utf-8")
    (root / ".gitignore").write_text("/data/\n/.checkpoints/\n", encoding="utf-8")
    for number in (1, 2, 3):
        (root / "source").write_text(f"{number} ", encoding="utf-8")
        call(root, "dvc", "repro", "-q")
        # Not `dvc push --all-commits` at the end: from a commit's view DVC 3.67 takes ../shelf for /shelf.
        call(root, "dvc", "push", "-q")
        call(root, "git", "add", "-A")
        call(root, "git", "commit", "-qm", f"trained {number}")
        if number < 3:
            gto(root, "register", RUN, "--version", f"v1.{number * 9}.0")
    gto(root, "register", "fashion_mnist-vae", "HEAD~1", "--version", "v0.1.0")
    gto(root, "assign", RUN, "--version", "v1.9.0", "--stage", "prod")
    gto(root, "assign", RUN, "--version", "v1.18.0", "--stage", "dev")
    return place


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "place", symlinks=True)
    return tmp_path / "place/checkout"


def forget(root: Path) -> None:
    """Let the cache lose everything."""
    shutil.rmtree(root / ".dvc/cache/files")


def content(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(directory.iterdir())}


def expected(number: int) -> dict[str, str]:
    return {name: f"{number} {RUN}{name}" for name in TRAINED[f"train@{RUN}"]}


def test_versions_are_listed_newest_first_with_the_stages_they_are_in(template: Path):
    found = registry.versions(template / "checkout")
    assert [(of.run, of.version, of.stages) for of in found] == [
        ("fashion_mnist-vae", "v0.1.0", ()),
        (RUN, "v1.18.0", ("dev",)),
        (RUN, "v1.9.0", ("prod",)),
    ]
    log = call(template / "checkout", "git", "log", "--format=%H").split()
    assert [of.commit for of in found] == [log[1], log[1], log[2]]


def test_stage_moves_to_the_version_that_it_was_assigned_to_last(root: Path):
    gto(root, "assign", RUN, "--version", "v1.18.0", "--stage", "prod")
    assert [(of.version, of.stages) for of in registry.versions(root) if of.run == RUN] == [
        ("v1.18.0", ("dev", "prod")),
        ("v1.9.0", ()),
    ]


def test_checkout_without_tags_has_no_versions(tmp_path: Path):
    call(tmp_path, "git", "init", "-q")
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
    assert content(versions.fetch(versions.resolve(root, RUN, which), TRAINED)) == expected(number)


def test_short_hash_of_a_commit_is_enough(root: Path):
    short = call(root, "git", "rev-parse", "--short", "HEAD~1").strip()
    assert content(versions.fetch(versions.resolve(root, RUN, short), TRAINED)) == expected(2)


def test_unknown_name_lists_the_versions_there_are(root: Path):
    with pytest.raises(ValueError, match="no commit is called") as error:
        versions.resolve(root, RUN, "v3.0.0")
    assert str(error.value).endswith("versions of mnist-vae are: v1.18.0 (dev), v1.9.0 (prod)")


@pytest.mark.parametrize("which", ["--help", "-h", "", "v1.9.0..main", "--output=canary"])
def test_name_that_git_could_take_for_an_option_is_no_commit(root: Path, which: str):
    with pytest.raises(ValueError, match="no version, no stage and no commit"):
        versions.resolve(root, RUN, which)
    assert not (root / "canary").exists()


def test_cache_alone_is_enough(root: Path):
    shutil.rmtree(root.parent / "shelf")
    assert content(versions.fetch(versions.resolve(root, RUN, "prod"), TRAINED)) == expected(1)


def test_remote_alone_is_enough_and_is_not_asked_twice(root: Path):
    forget(root)
    commit = versions.resolve(root, RUN, "prod")
    directory = versions.fetch(commit, TRAINED)
    assert content(directory) == expected(1)
    shutil.rmtree(root.parent / "shelf")
    assert versions.fetch(commit, TRAINED) == directory


def test_file_within_a_directory_comes_alone(root: Path):
    forget(root)
    directory = versions.fetch(versions.resolve(root, RUN, "prod"), {"prepare": ["tokenizer.json"]})
    assert content(directory) == {"tokenizer.json": "1 imdbtokenizer.json"}


def test_remote_without_the_bytes_is_one_line_that_says_where_they_were(root: Path):
    forget(root)
    shutil.rmtree(root.parent / "shelf/files")
    with pytest.raises(ValueError, match=r"@prod: neither DVC's cache nor the remote .*shelf has config\.json"):
        versions.fetch(versions.resolve(root, RUN, "prod"), TRAINED)
    assert not list((root / versions.KEPT).iterdir())


def test_no_remote_is_one_line_that_says_how_to_name_one(root: Path):
    forget(root)
    call(root, "dvc", "remote", "remove", "-q", "shelf")
    with pytest.raises(ValueError, match=r"there is no remote to fetch it from; `dvc remote add -d NAME URL`"):
        versions.fetch(versions.resolve(root, RUN, "prod"), TRAINED)


def test_remote_with_other_bytes_is_refused_and_leaves_nothing(root: Path):
    forget(root)
    for path in (root.parent / "shelf/files").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_text("forged", encoding="utf-8")
    with pytest.raises(ValueError, match=r"the remote has other bytes than config\.json had"):
        versions.fetch(versions.resolve(root, RUN, "prod"), TRAINED)
    assert not list((root / versions.KEPT).iterdir())


def test_damaged_cache_and_damaged_copy_are_replaced_from_the_remote(root: Path):
    for path in (root / ".dvc/cache/files").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_text("damaged", encoding="utf-8")
    commit = versions.resolve(root, RUN, "prod")
    directory = versions.fetch(commit, TRAINED)
    assert content(directory) == expected(1)
    (directory / "config.json").write_text("changed by hand", encoding="utf-8")
    assert content(versions.fetch(commit, TRAINED)) == expected(1)


def test_stage_that_the_commit_does_not_have_is_one_line(root: Path):
    with pytest.raises(ValueError, match="nothing@else has no results at"):
        versions.fetch(versions.resolve(root, RUN, "prod"), {"nothing@else": ["config.json"]})
    with pytest.raises(ValueError, match=r"train@mnist-vae wrote no notes\.txt at"):
        versions.fetch(versions.resolve(root, RUN, "prod"), {f"train@{RUN}": ["notes.txt"]})


def test_working_tree_is_held_against_the_lock(root: Path):
    paths = [root / f"data/models/{RUN}/{name}" for name in TRAINED[f"train@{RUN}"]]
    locked.require_as_locked(root, f"train@{RUN}", paths, "instead")
    paths[1].unlink()
    paths[1].write_text("changed", encoding="utf-8")
    with pytest.raises(ValueError, match=r"model\.weights\.h5 is not what dvc\.lock names .* instead$"):
        locked.require_as_locked(root, f"train@{RUN}", paths, "instead")
    with pytest.raises(ValueError, match=r"dvc\.lock names no train@other, so nothing says"):
        locked.require_as_locked(root, "train@other", paths, "instead")


def test_one_stage_of_a_lock_is_read_as_a_whole_reading_would(template: Path):
    text = (template / "checkout/dvc.lock").read_text(encoding="utf-8")
    stages = yaml.safe_load(text)["stages"]
    assert set(stages) == {f"train@{RUN}", "train@fashion_mnist-vae", "prepare"}
    # In another style no stage is a block of its own.
    flow = yaml.safe_dump(yaml.safe_load(text), default_flow_style=True)
    for stage, entry in stages.items():
        expected_outs = {out["path"]: locked.Out(out["path"], out["md5"]) for out in entry["outs"]}
        assert locked.outs(text, stage) == locked.outs(flow, stage) == expected_outs
    assert locked.outs(text, "train@mnist") is None


def test_lock_of_an_older_dvc_is_one_line():
    text = "stages:\n  train@a:\n    outs:\n    - path: a\n      md5: 0cc175b9c0f1b6a831c399e269772661\n"
    with pytest.raises(ValueError, match=r"train@a has no MD5 of DVC 3 for a; `dvc commit train@a` writes it"):
        locked.outs(text, "train@a")


@pytest.mark.parametrize(("name", "version", "number"), [(RUN, "v1.9.0", 1), ("fashion_mnist-vae", "v0.1.0", 2)])
def test_dvc_gets_an_artifact_elsewhere_without_this_package(
    root: Path, tmp_path: Path, name: str, version: str, number: int
):
    call(tmp_path, "dvc", "artifacts", "get", str(root), name, "--rev", version, "-o", "got")
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
    path, text = json.loads(call(tmp_path, sys.executable, "-c", code))
    assert (path, text) == (f"data/models/{RUN}", f"1 {RUN}config.json")
    assert content(tmp_path / "dev") == expected(2)
