"""Two branches, one `dvc.lock`: a real merge by Git, then a real `dvc repro`, which runs what neither side computed."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from dvc.repo import Repo

from atelier.cli.main import main

ROOT = Path(__file__).parents[2]
# DVC asks its tree of outputs in a way that the tree's library will drop.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")

# What each stage reads; it writes that, with its own lines of params.yaml behind it.
GRAPH = {"root": (), "left": ("root",), "right": ("root",), "both": ("left", "right")}
SUMMARY = """
import json
from pathlib import Path
values = dict(line.split(": ") for line in Path("both.txt").read_text().splitlines())
Path("metrics.json").write_text(json.dumps(values, indent=2, sort_keys=True) + "\\n")
"""


class Checkout:
    """A repository; its stages note in a file outside of it that their commands ran."""

    def __init__(self, path: Path, ran: Path) -> None:
        self.path, self.ran = path, ran

    def git(self, *arguments: str, status: int = 0) -> str:
        command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments]
        done = subprocess.run(command, cwd=self.path, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def repro(self) -> list[str]:
        """The stages whose commands ran, rather than being up to date or taken from the run cache."""
        self.ran.write_text("")
        with Repo(str(self.path)) as repo:
            repo.reproduce()
        return self.ran.read_text().split()

    def checkout(self) -> None:
        """Outputs as `dvc.lock` has them."""
        with Repo(str(self.path)) as repo:
            repo.checkout(force=True)

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", message)

    def set(self, **values: object) -> None:
        path = self.path / "params.yaml"
        held = yaml.safe_load(path.read_text()) if path.exists() else {}
        # Git calls changes of neighbouring lines a conflict, so that there are some between.
        path.write_text("".join(f"{key}: {value}\n\n#\n\n" for key, value in (held | values).items()))

    def lock(self) -> dict[str, Any]:
        stages: dict[str, Any] = yaml.safe_load((self.path / "dvc.lock").read_text())["stages"]
        return stages

    def declare(self, stages: dict[str, Any]) -> None:
        (self.path / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}, sort_keys=False))


def stage(name: str, reads: tuple[str, ...]) -> dict[str, Any]:
    inputs = [f"{one}.txt" for one in reads]
    # No word of it names the parameters' values, so that a change of them is a change of parameters alone.
    command = f"(cat /dev/null {' '.join(inputs)}; grep ^{name} params.yaml) > {name}.txt; echo {name} >> $RAN"
    return {"cmd": command, "deps": inputs or ["source.txt"], "params": [name], "outs": [f"{name}.txt"]}


def declared() -> dict[str, Any]:
    summary = {
        "cmd": "python summary.py; echo summarize >> $RAN",
        "deps": ["both.txt"],
        "metrics": [{"metrics.json": {"cache": False}}],
    }
    return {name: stage(name, reads) for name, reads in GRAPH.items()} | {"summarize": summary}


def surround(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """Work in `repo` there; what DVC and Git read of the world is nothing of this machine's user."""
    monkeypatch.chdir(place / "repo")
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(place / "site"))
    monkeypatch.setenv("RAN", str(place / "ran"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose stages have run once and are committed, with the project's own configuration."""
    place = tmp_path_factory.mktemp("merging")
    repo = Checkout(place / "repo", place / "ran")
    (repo.path / ".dvc").mkdir(parents=True)
    for name in (".gitattributes", ".dvc/config", ".dvc/.gitignore"):
        shutil.copy(ROOT / name, repo.path / name)
    (repo.path / "source.txt").write_text("source\n")
    (repo.path / "summary.py").write_text(SUMMARY)
    (repo.path / ".gitignore").write_text("/*.txt\n!/source.txt\n")
    repo.declare(declared())
    repo.set(**dict.fromkeys(GRAPH, "one"))
    repo.git("init", "-qb", "main")
    for name, option in (("dvc-lock", ""), ("dvc-metrics", " --metrics")):
        driver = f"{shlex.quote(sys.executable)} -m atelier.cli.main merge-lock{option} %O %A %B"
        repo.git("config", f"merge.{name}.driver", driver)
    with pytest.MonkeyPatch.context() as monkeypatch:
        surround(monkeypatch, place)
        assert repo.repro() == [*GRAPH, "summarize"]
    repo.commit("base")
    return repo.path


@pytest.fixture
def repo(reproduced: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    shutil.copytree(reproduced, tmp_path / "repo", symlinks=True)
    surround(monkeypatch, tmp_path)
    return Checkout(tmp_path / "repo", tmp_path / "ran")


def diverge(repo: Checkout, theirs: Callable[[], object], ours: Callable[[], object]) -> None:
    """Commit one change on a branch `theirs` and another on `main`, each with its results."""
    repo.git("checkout", "-qb", "theirs")
    theirs()
    repo.repro()
    repo.commit("theirs")
    repo.git("checkout", "-q", "main")
    repo.checkout()
    ours()
    repo.repro()
    repo.commit("ours")


def test_merge_keeps_what_each_side_computed_and_runs_what_needs_both(repo: Checkout):
    diverge(repo, lambda: repo.set(left="two"), lambda: repo.set(right="two"))
    output = repo.git("merge", "-q", "--no-edit", "theirs")
    assert re.findall(r"dvc.lock: (\w+): changed on both sides", output) == ["both", "summarize"]
    assert list(repo.lock()) == ["root", "left", "right"]
    assert repo.repro() == ["both", "summarize"]
    lines = (repo.path / "both.txt").read_text().split("\n")
    assert lines == ["root: one", "left: two", "root: one", "right: two", "both: one", ""]
    assert repo.repro() == []


def test_stage_that_both_changed_runs_with_all_that_follows_and_nothing_else(repo: Checkout):
    stages = declared()
    stages["left"]["params"].append("left_too")
    repo.declare(stages)
    repo.set(left_too="one")
    repo.repro()
    repo.commit("left has two parameters")
    diverge(repo, lambda: repo.set(left="two"), lambda: repo.set(left_too="two"))
    output = repo.git("merge", "-q", "--no-edit", "theirs")
    assert re.findall(r"dvc.lock: (\w+): changed", output) == ["left", "both", "summarize"]
    assert repo.repro() == ["left", "both", "summarize"]
    assert repo.repro() == []


def test_stage_whose_result_somebody_has_computed_comes_from_the_run_cache(repo: Checkout):
    diverge(repo, lambda: repo.set(left="two"), lambda: repo.set(left="three"))
    repo.git("merge", "-q", "--no-edit", "-X", "theirs", "theirs")
    assert list(repo.lock()) == ["root", "right"]
    assert repo.repro() == []
    assert "left: two" in (repo.path / "both.txt").read_text()
    assert set(repo.lock()) == {*GRAPH, "summarize"}


def test_entry_that_one_side_alone_changed_is_stale_by_its_hashes_if_what_it_reads_is(repo: Checkout):
    def only_root() -> None:
        repo.set(root="two")
        with Repo(str(repo.path)) as opened:
            opened.reproduce("root")

    repo.git("checkout", "-qb", "theirs")
    only_root()
    repo.commit("theirs")
    repo.git("checkout", "-q", "main")
    repo.checkout()
    repo.set(left="two")
    repo.repro()
    repo.commit("ours")
    assert "dvc.lock:" not in repo.git("merge", "-q", "--no-edit", "theirs")
    assert set(repo.lock()) == {*GRAPH, "summarize"}
    assert repo.repro() == ["left", "right", "both", "summarize"]


def test_stages_added_by_each_side_are_all_there_and_none_runs(repo: Checkout):
    both = {name: stage(name, ("root",)) for name in ("ours", "theirs")}
    # First in one and last in the other, where Git's own merge of dvc.yaml sees no conflict.
    diverge(
        repo,
        lambda: (repo.set(theirs="one"), repo.declare({"theirs": both["theirs"]} | declared())),
        lambda: (
            (repo.path / "params.yaml").write_text("ours: one\n" + (repo.path / "params.yaml").read_text()),
            repo.declare(declared() | {"ours": both["ours"]}),
        ),
    )
    assert "dvc.lock:" not in repo.git("merge", "-q", "--no-edit", "theirs")
    assert list(repo.lock()) == [*GRAPH, "summarize", "ours", "theirs"]
    before = (repo.path / "dvc.lock").read_bytes()
    repo.checkout()
    assert repo.repro() == []
    assert (repo.path / "dvc.lock").read_bytes() == before


def test_stage_removed_by_one_side_and_changed_by_the_other_leaves_the_lock(repo: Checkout):
    def remove() -> None:
        with Repo(str(repo.path)) as opened:
            for name in ("summarize", "both"):
                opened.remove(name)

    diverge(repo, remove, lambda: repo.set(both="two"))
    output = repo.git("merge", "-q", "--no-edit", "theirs")
    assert re.findall(r"dvc.lock: (\w+): changed here, removed there", output) == ["both", "summarize"]
    assert repo.repro() == []
    assert list(repo.lock()) == ["root", "left", "right"]


def test_metrics_are_joined_to_valid_json_and_renewed_by_the_stage_that_writes_them(repo: Checkout):
    diverge(repo, lambda: repo.set(right="two", left="two"), lambda: repo.set(left="three"))
    output = repo.git("merge", "-q", "--no-edit", "-X", "ours", "theirs")
    assert "metrics.json: left: changed on both sides, ours is kept until `dvc repro` renews it" in output
    assert yaml.safe_load((repo.path / "metrics.json").read_text())["right"] == "two"
    assert repo.repro() == ["both", "summarize"]
    assert yaml.safe_load((repo.path / "metrics.json").read_text())["left"] == "three"


def test_lock_that_cannot_be_read_is_a_conflict_and_stays_as_ours(repo: Checkout):
    diverge(repo, lambda: repo.set(left="two"), lambda: repo.set(right="two"))
    ours = (repo.path / "dvc.lock").read_bytes()
    repo.git("checkout", "-q", "theirs")
    (repo.path / "dvc.lock").write_text("<<<<<<< HEAD\n" + (repo.path / "dvc.lock").read_text())
    repo.commit("a conflict that somebody committed")
    repo.git("checkout", "-q", "main")
    output = repo.git("merge", "-q", "--no-edit", "theirs", status=1)
    assert "dvc.lock cannot be merged, and stays as ours: theirs: line 1 is '<<<<<<< HEAD'" in output
    assert "Traceback" not in output
    assert (repo.path / "dvc.lock").read_bytes() == ours
    assert "UU dvc.lock" in repo.git("status", "--short")


def test_checkout_without_registration_falls_back_to_the_merge_of_text(repo: Checkout):
    repo.git("config", "--remove-section", "merge.dvc-lock")
    diverge(repo, lambda: repo.set(left="two"), lambda: repo.set(left="three"))
    repo.git("merge", "-q", "--no-edit", "-X", "ours", "theirs")
    assert "three" in (repo.path / "dvc.lock").read_text()
    repo.git("reset", "-q", "--hard", "ORIG_HEAD")
    repo.git("merge", "-q", "--no-edit", "theirs", status=1)
    assert "<<<<<<<" in (repo.path / "dvc.lock").read_text()


def test_missing_file_is_one_line_and_writes_nothing(tmp_path: Path):
    (tmp_path / "ours").write_text("schema: '2.0'\nstages: {}\n")
    paths = [str(tmp_path / name) for name in ("base", "ours", "theirs")]
    result = CliRunner().invoke(main, ["merge-lock", *paths])
    assert (result.exit_code, result.output) == (1, f"Error: {tmp_path}/base: No such file or directory\n")
    assert [path.name for path in tmp_path.iterdir()] == ["ours"]
