"""The graph is true: manifests hold the code that runs, parameters change their own section, nothing runs twice."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from atelier.cli.graph import renew
from atelier.core.code.manifest import CHECKED_ONLY, RESULT_FREE
from atelier.workflow.cleanup import removed_runs

ROOT = Path(__file__).parents[1]
FORMATS = ("mnist", "celeba", "imdb")


def reduced(params: dict[str, Any]) -> dict[str, Any]:
    """Keep one run of each family, and a dataset of each file format with its judge."""
    runs = ("celeba-vae", "celeba-gan", "imdb-lm")
    kept = {"downloads": FORMATS, "datasets": FORMATS, "judges": FORMATS, "runs": runs}
    return params | {section: {name: params[section][name] for name in names} for section, names in kept.items()}


_PARAMS = reduced(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")))
RUNS = list(_PARAMS["runs"])
VAES = [name for name, run in _PARAMS["runs"].items() if run["family"] == "vae"]
GANS = [name for name, run in _PARAMS["runs"].items() if run["family"] == "gan"]
WRITERS = [name for name, run in _PARAMS["runs"].items() if run["family"] == "transformer_lm"]
EDITS = list(_PARAMS["edits"])
COLLECTORS = {"code", "summarize", "report"}

# Python runs this at its start, in the stages' processes too: it notes which of our modules each script loaded.
SITE = """
import atexit, json, os, sys

def note():
    files = sorted(
        os.path.relpath(m.__file__, os.environ["NOTED_ROOT"])
        for name, m in sys.modules.items()
        if name.partition(".")[0] == "atelier" and getattr(m, "__file__", None)
    )
    if sys.argv[0].startswith("stages/") and sys.argv[0] != "stages/code.py":
        with open(os.path.join(os.environ["NOTED_IN"], f"{os.getpid()}.json"), "w") as file:
            json.dump({"argv": sys.argv, "files": files}, file)

atexit.register(note)
"""


def dvc(repo: Path, *arguments: str) -> str:
    packages = repo.parent / "site"
    environment = os.environ | {
        "PYTHONPATH": f"{repo / 'src'}{os.pathsep}{packages}",
        "NOTED_ROOT": str(repo),
        "NOTED_IN": str(repo.parent / "noted"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_by(output: str) -> set[str]:
    """The stages that a `dvc repro` ran."""
    return set(re.findall(r"Running stage '(.+)':", output))


def stale(repo: Path) -> set[str]:
    """The stages that `dvc status` calls changed in themselves (what follows from them is not listed)."""
    return set(json.loads(dvc(repo, "status", "--json")))


@pytest.fixture(scope="module")
def repo(small_params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with small parameters, reproduced once; `noted/` lists the modules that each stage loaded."""
    place = tmp_path_factory.mktemp("graph")
    checkout = place / "repo"
    (place / "site").mkdir()
    (place / "noted").mkdir()
    (place / "site" / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file() and name not in ("dvc.lock", "metrics.json"):
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (checkout / name).write_bytes((ROOT / name).read_bytes())
    (checkout / "params.yaml").write_text(yaml.safe_dump(reduced(small_params), sort_keys=False), encoding="utf-8")
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "small"]):
        subprocess.run(["git", *command], cwd=checkout, check=True)
    dvc(checkout, "repro")
    return checkout


@pytest.fixture
def edited(repo: Path) -> Iterator[Any]:
    """Edit files of the checkout; afterwards they, the lock and the manifests are as before."""
    before: dict[Path, bytes | None] = {}
    lock = (repo / "dvc.lock").read_bytes()

    def edit(name: str, addition: str = "\n# edited\n") -> None:
        path = repo / name
        before.setdefault(path, path.read_bytes() if path.exists() else None)
        path.write_bytes((before[path] or b"") + addition.encode())

    yield edit
    for path, content in before.items():
        path.unlink() if content is None else path.write_bytes(content)
    if (repo / "dvc.lock").read_bytes() != lock:
        (repo / "dvc.lock").write_bytes(lock)
        dvc(repo, "checkout", "-q", "code")


def declared_stages(repo: Path) -> dict[str, Any]:
    from dvc.repo import Repo

    with Repo(str(repo)) as opened:
        return {stage.name: stage for stage in opened.index.stages}


def test_artifacts_are_the_models_of_all_runs():
    text = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    assert renew(text, ROOT) == (text, []), "run `atelier graph --write`"


def test_model_of_every_run_of_every_profile_is_an_artifact_of_its_own():
    text = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    broken = text.replace(
        "  mnist-vae-32:\n    path: data/models/mnist-vae-32", "  mnist-gone:\n    path: data/models/gone"
    )
    broken = broken.replace("desc: gan trained on fashion_mnist", "desc: something trained")
    renewed, changes = renew(broken, ROOT)
    assert changes == [
        "artifacts: missing mnist-vae-32",
        "artifacts: superfluous mnist-gone",
        "artifacts: fashion_mnist-cgan differs from params.yaml",
    ]
    assert renewed == text
    artifacts = yaml.safe_load(text)["artifacts"]
    assert set(RUNS) < set(artifacts)
    assert all(artifact["path"] == f"data/models/{run}" for run, artifact in artifacts.items())


def test_every_stage_loads_only_code_of_its_manifest(repo: Path):
    free = {f"src/{module.replace('.', '/')}.py" for module in RESULT_FREE}
    seen = set()
    for path in (repo.parent / "noted").glob("*.json"):
        noted = json.loads(path.read_text())
        code = next(words for words in noted["argv"] if words.startswith("data/code/"))
        manifest = json.loads((repo / code).read_text())
        loaded = {file for file in noted["files"] if (repo / file).stat().st_size and not CHECKED_ONLY.fullmatch(file)}
        assert loaded - set(manifest) - free == set(), code
        seen.add((Path(noted["argv"][0]).stem, noted["argv"][1]))
    named = {stage.partition("@")[0] for stage in declared_stages(repo)}
    assert {stage for stage, _ in seen} == named - {"code"}


def test_second_repro_runs_nothing(repo: Path):
    assert run_by(dvc(repo, "repro")) == set()


def test_every_leaf_of_params_dirties_a_stage_and_only_those_of_its_own_section(repo: Path):
    stages = declared_stages(repo)
    watched = {
        name: {param for dep in stage.deps if hasattr(dep, "params") for param in dep.params or ()}
        for name, stage in stages.items()
    }
    params = yaml.safe_load((repo / "params.yaml").read_text(encoding="utf-8"))
    for leaf in leaves(params):
        section, entry, part = leaf.split(".")[:3]
        dirty = {name for name, of in watched.items() if any(leaf == p or leaf.startswith(f"{p}.") for p in of)}
        own = {
            "downloads": {f"download@{entry}"},
            "datasets": {f"prepare@{entry}"},
            "judges": {f"judge@{entry}"},
            "edits": {f"edit@{entry}"},
            "runs": {f"{part}@{entry}"}
            if part in ("train", "sample", "evaluate")
            else {f"{stage}@{entry}" for stage in ("train", "sample", "evaluate")},
        }[section]
        assert dirty - COLLECTORS, leaf
        assert dirty - COLLECTORS <= own, leaf


def leaves(tree: Any, path: str = "") -> Iterator[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    else:
        yield path


def test_one_changed_parameter_runs_its_own_stage_and_what_follows(repo: Path):
    path = repo / "params.yaml"
    before = path.read_text(encoding="utf-8")
    params = yaml.safe_load(before)
    params["runs"][VAES[0]]["sample"]["shown"] += 1
    path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    try:
        ran = run_by(dvc(repo, "repro"))
    finally:
        path.write_text(before, encoding="utf-8")
    # The metrics come out equal, so that the summary does as well; the report shows another picture.
    assert ran - COLLECTORS == {f"sample@{VAES[0]}", f"evaluate@{VAES[0]}"}
    dvc(repo, "repro")
    assert stale(repo) == set()


def test_edited_docstring_and_comment_run_the_stage_code_alone(repo: Path, edited):
    edited("src/atelier/families/vae/network.py", "\n# A comment.\n")
    edited("src/atelier/training/loop.py", "\n# A comment.\n")
    path = repo / "src/atelier/families/vae/network.py"
    path.write_text(path.read_text().replace('"""Compute −log p', '"""Return −log p'), encoding="utf-8")
    assert run_by(dvc(repo, "repro")) == {"code"}


def test_edited_family_runs_its_own_stages_and_what_follows(repo: Path, edited):
    edited("src/atelier/families/vae/network.py", "\nEDITED = True\n")
    edits = {f"edit@{run}" for run in EDITS if run in VAES}
    assert changed_by_code(repo) == {f"{s}@{run}" for s in ("train", "sample", "evaluate") for run in VAES} | edits


def why(repo: Path, *arguments: str) -> dict[str, list[str]]:
    """Ask `atelier why` for the causes of each stage that would run."""
    command = [sys.executable, "-m", "atelier.cli.main", "why", "--json", *arguments]
    environment = os.environ | {"PYTHONPATH": str(repo / "src")}
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode in (0, 1), done.stderr
    return {stage["stage"]: [cause["text"] for cause in stage["causes"]] for stage in json.loads(done.stdout)}


def test_why_names_the_edited_file_before_the_stage_code_has_run(repo: Path, edited):
    edited("src/atelier/families/vae/network.py", "\nEDITED = True\n")
    causes = why(repo)
    assert causes["code"] == ["src/atelier changed"]
    for run in VAES:
        assert causes[f"train@{run}"] == ["src/atelier/families/vae/network.py changed"]
    assert not [stage for stage in causes if stage.partition("@")[2] in (*GANS, *WRITERS)]


def cloned(repo: Path, place: Path) -> Path:
    """Clone the repository without data, as if its results had been committed."""
    clone = place / "clone"
    subprocess.run(["git", "clone", "-q", str(repo), str(clone)], check=True)
    for name in ("dvc.lock", "metrics.json"):
        (clone / name).write_bytes((repo / name).read_bytes())
    return clone


def test_why_in_a_clone_without_data_says_that_code_changed(repo: Path, tmp_path: Path):
    clone = cloned(repo, tmp_path)
    assert why(clone, "--allow-missing") == {}
    with (clone / "src/atelier/families/vae/network.py").open("a", encoding="utf-8") as file:
        file.write("\nEDITED = True\n")
    causes = why(clone, "--allow-missing")
    # Neither workspace, nor cache, nor remote has the recorded manifest that would name the file.
    assert causes[f"train@{VAES[0]}"] == ["its code changed"]


def test_a_fresh_clone_restores_everything_without_running_a_stage(repo: Path, tmp_path: Path):
    remote = ("remote", "add", "-q", "--local", "-f", "-d", "shared", str(tmp_path / "shared"))
    dvc(repo, *remote)
    dvc(repo, "push", "-q", "--run-cache")
    clone = cloned(repo, tmp_path)
    dvc(clone, *remote)
    assert run_by(dvc(clone, "repro", "--pull")) == set()
    assert (clone / "data/report/index.html").is_file()
    assert (clone / "metrics.json").read_bytes() == (repo / "metrics.json").read_bytes()


def test_module_shared_by_two_of_three_families_runs_those_two(repo: Path, edited):
    edited("src/atelier/modalities/images/generate.py", "\nEDITED = True\n")
    images = {f"{stage}@{run}" for stage in ("train", "sample", "evaluate") for run in (*VAES, *GANS)}
    assert changed_by_code(repo) == images | {f"edit@{run}" for run in EDITS}


def test_one_dataset_runs_only_its_own_download(repo: Path, edited):
    edited("src/atelier/datasets/mnist/twin/hands.py", "\nEDITED = True\n")
    assert changed_by_code(repo) == {"download@mnist"}


def changed_by_code(repo: Path) -> set[str]:
    """Write the manifests of edited code; return the stages that depend on one that differs."""
    assert run_by(dvc(repo, "repro", "code")) == {"code"}
    return stale(repo)


def test_a_judge_that_came_out_the_same_dirties_no_training(repo: Path, edited):
    edited("data/judges/celeba/judge.json", " ")
    assert {name.partition("@")[0] for name in stale(repo)} == {"judge", "evaluate", "report"}


def test_text_tests_and_bytecode_dirty_nothing(repo: Path, edited):
    for name in ("README.md", "docs/dependencies.md", "tests/conftest.py", "Makefile", "pyproject.toml"):
        edited(name)
    cache = repo / "src/atelier/datasets/mnist/twin/__pycache__"
    cache.mkdir(exist_ok=True)
    edited("src/atelier/datasets/mnist/twin/__pycache__/hands.cpython-311.pyc")
    assert stale(repo) == set()


def test_metrics_at_the_top_name_every_run(repo: Path):
    metrics = json.loads((repo / "metrics.json").read_text(encoding="utf-8"))
    assert set(metrics) == set(RUNS)
    of_images = "fd fd_floor fd_ceiling kid kid_std kid_floor precision recall density coverage samples class_entropy"
    expected = f"{of_images} loss reconstruction kl active_units"
    of_texts = "perplexity word_perplexity bits_per_byte oov_rate ngram_perplexity ngram_bits_per_byte copied_8"
    beside_people = "distinct_2 human_distinct_2 rep_4 human_rep_4 self_bleu_4"
    for run in VAES:
        assert {*expected.split(), "psnr", "ssim"} <= set(metrics[run])
    for run in GANS:
        assert set(of_images.split()) | {"discriminator_real", "discriminator_fake"} <= set(metrics[run])
    for run in WRITERS:
        assert {*of_texts.split(), *beside_people.split()} <= set(metrics[run])
    for run in EDITS:
        assert {"flip_rate_smiling", "leakage_smiling", "identity_drift_smiling"} <= set(metrics[run])
    for run in set(EDITS) & set(GANS):
        assert {"inversion_psnr", "inversion_ssim", "inversion_agreement"} <= set(metrics[run])


def test_metrics_and_plots_can_be_compared_with_the_last_commit(repo: Path):
    assert "metrics.json" in dvc(repo, "metrics", "diff", "--all")
    plots = json.loads(dvc(repo, "plots", "diff", "--json"))
    assert any("history.csv" in name for name in plots["data"])


def test_outputs_of_a_run_that_left_come_back_from_the_cache_without_running_it(repo: Path):
    gone = next(run for run in reversed(RUNS) if run not in EDITS)
    path = repo / "params.yaml"
    before = path.read_text(encoding="utf-8")
    params = yaml.safe_load(before)
    safe, unsafe = removed_runs.restorable(repo, [gone])
    assert unsafe == []
    del params["runs"][gone]
    path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    try:
        removed_runs.remove(safe)
        assert not (repo / "data/evaluations" / gone).exists()
        assert not (repo / "data/models" / gone).exists()
        assert run_by(dvc(repo, "repro")) == COLLECTORS - {"code"}
        assert set(json.loads((repo / "metrics.json").read_text(encoding="utf-8"))) == set(RUNS) - {gone}
    finally:
        path.write_text(before, encoding="utf-8")
    assert run_by(dvc(repo, "repro")) <= COLLECTORS
    assert (repo / "data/evaluations" / gone / "metrics.json").is_file()


def test_outputs_that_differ_from_what_the_cache_holds_are_not_restorable(repo: Path, edited):
    edited(f"data/evaluations/{RUNS[0]}/metrics.json", " ")
    safe, unsafe = removed_runs.restorable(repo, [RUNS[0]])
    assert unsafe == [repo / "data/evaluations" / RUNS[0]]
    assert repo / "data/samples" / RUNS[0] in safe
