"""`atelier gc` frees what nothing uses, and nothing else."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from dvc.cli import main as dvc_main

from atelier.cli.main import main

# DVC 3.67 asks a library of its own for something that will go.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")

PIPELINE = """
stages:
  train:
    cmd: cp params.yaml model --checkpoints .checkpoints/runs/one
    deps: [params.yaml]
    outs: [model]
"""
# `cp` takes no such option: a script of that name stands in, and leaves a checkpoint as a training does.
COPY = '#!/bin/sh\nmkdir -p "$4/state"\necho weights >"$4/state/weights"\nexec /bin/cp "$1" "$2"\n'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("home")
    (place / "bin").mkdir()
    script = place / "bin" / "cp"
    script.write_text(COPY, encoding="utf-8")
    script.chmod(0o755)
    return place


@pytest.fixture
def checkout(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Git checkout with one stage, whose output is a copy of its parameters, run and committed once."""
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(name, "test")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "test@example.org")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("PATH", f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}")
    place = tmp_path / "checkout"
    place.mkdir()
    monkeypatch.chdir(place)
    git("init", "-q", "-b", "main")
    dvc("init", "-q")
    Path("dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    Path(".gitignore").write_text("/model\n/.checkpoints/\n", encoding="utf-8")
    train("first")
    commit("first")
    return place


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def dvc(*arguments: str) -> None:
    # In this process, since a new one loads for most of a second.
    assert dvc_main([*arguments]) == 0


def train(name: str) -> Path:
    """Run the stage with other parameters; the object that the cache has of it."""
    Path("params.yaml").write_text(f"name: {name}\n", encoding="utf-8")
    dvc("repro", "-q")
    return cached(name)


def cached(name: str) -> Path:
    digest = hashlib.md5(f"name: {name}\n".encode(), usedforsecurity=False).hexdigest()
    return Path(".dvc/cache/files/md5", digest[:2], digest[2:]).absolute()


def commit(message: str) -> str:
    git("add", "-A")
    git("commit", "-qm", message)
    return git("rev-parse", "HEAD")


def gc(*options: str, **given: str) -> Result:
    result = CliRunner().invoke(main, ["gc", *options], **given)
    assert result.exit_code == 0, result.output
    return result


def test_objects_of_a_tag_a_remote_branch_a_stash_and_the_workspace_stay_and_an_orphan_goes(checkout: Path) -> None:
    tagged = train("tagged")
    commit("tagged")
    git("tag", "-a", "v1", "-m", "a version")
    remote = train("remote")
    git("update-ref", "refs/remotes/origin/feature", commit("remote"))
    branch = train("branch")
    git("branch", "other", commit("branch"))
    stashed = [train("stashed")]
    git("stash", "-q")
    # A second one: only the newest stash has a name of its own.
    stashed.append(train("stashed later"))
    git("stash", "-q")
    orphan = train("orphan")
    commit("on no branch")
    git("reset", "-q", "--hard", "HEAD~4")
    here = train("uncommitted")
    used = [cached("first"), tagged, remote, branch, *stashed, here]
    assert all(path.is_file() for path in [*used, orphan])

    assert "could go" in gc("--only", "objects").output
    assert orphan.is_file()
    listed = gc("--only", "objects", "--verbose").output
    assert str(orphan.relative_to(checkout)) in listed
    assert not any(str(path.relative_to(checkout)) in listed for path in used)

    gc("--only", "objects", "--apply", "--yes")
    assert [path.is_file() for path in used] == [True] * len(used)
    assert not orphan.exists()
    assert "nothing to free" in gc("--only", "objects").output


def test_objects_of_an_experiment_stay(checkout: Path) -> None:
    dvc("exp", "run", "-q", "-S", "name=tried")
    tried = cached("tried")
    git("checkout", "-q", "-f", ".")
    dvc("checkout", "-q")
    assert tried.is_file()
    gc("--apply", "--yes")
    assert tried.is_file()


def test_what_the_lock_names_stays_when_its_stage_has_left_the_pipeline(checkout: Path) -> None:
    Path("dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    commit("without the stage")
    assert "model" in Path("dvc.lock").read_text(encoding="utf-8")
    # A branch of one commit, so that no other one names the object.
    git("checkout", "-q", "--orphan", "lone")
    commit("lone")
    git("branch", "-q", "-D", "main")
    gc("--apply", "--yes", "--only", "objects")
    assert cached("first").is_file()


def test_run_cache_loses_the_entries_whose_outputs_went_and_keeps_the_others(checkout: Path) -> None:
    train("orphan")
    train("first")
    entries = sorted(Path(".dvc/cache/runs").glob("*/*/*"))
    assert len(entries) == 2
    gc("--apply", "--yes")
    (kept,) = Path(".dvc/cache/runs").glob("*/*/*")
    assert cached("first").parent.name + cached("first").name in kept.read_text(encoding="utf-8")
    # And it serves: the stage is restored, not run.
    Path("model").unlink()
    dvc("repro", "-q")
    assert Path("model").read_text(encoding="utf-8") == "name: first\n"


def test_state_of_a_training_that_is_to_go_on_stays_and_that_of_one_that_is_done_goes(checkout: Path) -> None:
    state = Path(".checkpoints/runs/one/state/weights")
    left = Path(".checkpoints/runs/gone/state")
    left.mkdir(parents=True)
    Path(".checkpoints/mine").mkdir()
    Path("params.yaml").write_text("name: interrupted\n", encoding="utf-8")
    gc("--apply", "--yes")
    assert state.is_file()
    assert not left.parent.exists()
    # Nobody's that is known: not ours to take away.
    assert Path(".checkpoints/mine").is_dir()
    Path("params.yaml").write_text("name: first\n", encoding="utf-8")
    gc("--apply", "--yes")
    assert not state.exists()


def test_logs_of_stages_that_are_done_or_left_and_fetched_versions_go(checkout: Path) -> None:
    for name in ("logs/train.log", "logs/train@gone.log", "versions/abc/model.weights.h5"):
        Path(".checkpoints", name).parent.mkdir(parents=True, exist_ok=True)
        Path(".checkpoints", name).write_text("content", encoding="utf-8")
    said = gc("--only", "logs", "--only", "versions", "-v").output
    assert all(name in said for name in ("logs/train.log", "logs/train@gone.log", "versions/abc"))
    gc("--apply", "--yes", "--only", "logs")
    assert sorted(path.name for path in Path(".checkpoints").iterdir()) == ["logs", "runs", "versions"]
    assert not list(Path(".checkpoints/logs").iterdir())


def test_nothing_goes_without_a_yes(checkout: Path) -> None:
    orphan = train("orphan")
    train("first")
    refused = CliRunner().invoke(main, ["gc", "--apply"], input="n\n")
    assert "Free " in refused.output
    assert orphan.is_file()
    gc("--apply", input="y\n")
    assert not orphan.exists()


def test_nothing_goes_while_a_commit_cannot_be_read(checkout: Path) -> None:
    orphan = train("orphan")
    train("first")
    Path("dvc.yaml").write_text("stages: [broken\n", encoding="utf-8")
    git("branch", "broken", commit("broken"))
    git("reset", "-q", "--hard", "HEAD~1")
    result = CliRunner().invoke(main, ["gc", "--apply", "--yes"])
    assert result.exit_code == 1
    assert "nothing is freed" in result.output.splitlines()[-1]
    assert orphan.is_file()


def test_nothing_goes_while_dvc_is_at_work(checkout: Path) -> None:
    orphan = train("orphan")
    train("first")
    Path(".dvc/tmp/rwlock").write_text(
        f'{{"write": {{"model": {{"pid": {os.getpid()}, "cmd": "dvc repro"}}}}, "read": {{}}}}', encoding="utf-8"
    )
    result = CliRunner().invoke(main, ["gc", "--apply", "--yes"])
    assert result.exit_code == 1
    assert result.output == "Error: `dvc repro` is at work here; wait until it has ended\n"
    assert orphan.is_file()


def test_a_cache_outside_of_the_checkout_is_left_alone(checkout: Path, tmp_path: Path) -> None:
    dvc("cache", "dir", "--local", str(tmp_path / "shared"))
    train("orphan")
    train("first")
    before = sorted((tmp_path / "shared").rglob("*"))
    assert "others may use it" in gc("--apply", "--yes").output
    assert sorted((tmp_path / "shared").rglob("*")) == before
