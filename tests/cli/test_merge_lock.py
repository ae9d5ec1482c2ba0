"""Two branches, one `dvc.lock`: a real merge by Git, then a real `dvc repro`, which runs what neither side computed."""

import re
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import ROOT, Checkout

# The inputs of each stage; it writes them, followed by its own lines of params.yaml.
GRAPH = {"root": (), "left": ("root",), "right": ("root",), "both": ("left", "right")}
SUMMARY = """
import json
from pathlib import Path
values = dict(line.split(": ") for line in Path("both.txt").read_text().splitlines())
Path("metrics.json").write_text(json.dumps(values, indent=2, sort_keys=True) + "\\n")
"""


class Merged(Checkout):
    """A repository whose stages write to a file outside it that their commands ran."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, RAN=str(root.parent / "ran"))

    def ran(self, *targets: str) -> list[str]:
        """Run `dvc repro`, and return the stages whose commands ran, without those from the run cache."""
        log = self.root.parent / "ran"
        log.write_text("")
        self.dvc("repro", *targets)
        return log.read_text().split()

    def checkout(self) -> None:
        """Restore outputs as in `dvc.lock`."""
        self.dvc("checkout", "-q", "--force")

    def set(self, **values: object) -> None:
        path = self.root / "params.yaml"
        params = yaml.safe_load(path.read_text()) if path.exists() else {}
        # Git reports changes of adjacent lines as a conflict, so others are in between.
        path.write_text("".join(f"{key}: {value}\n\n#\n\n" for key, value in (params | values).items()))

    def lock(self) -> dict[str, Any]:
        return yaml.safe_load(self.read("dvc.lock"))["stages"]

    def declare(self, stages: dict[str, Any]) -> None:
        self.write("dvc.yaml", yaml.safe_dump({"stages": stages}, sort_keys=False))


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


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Merged:
    """A repository whose stages have run once and are committed, with the project's own configuration."""
    repo = Merged(tmp_path_factory.mktemp("merging") / "repo")
    (repo.root / ".dvc").mkdir()
    for name in (".gitattributes", ".dvc/config", ".dvc/.gitignore"):
        shutil.copy(ROOT / name, repo.root / name)
    repo.write("source.txt", "source\n")
    repo.write("summary.py", SUMMARY)
    repo.write(".gitignore", "/*.txt\n!/source.txt\n")
    repo.declare(declared())
    repo.set(**dict.fromkeys(GRAPH, "one"))
    repo.git("init", "-qb", "main")
    for name, option in (("dvc-lock", ""), ("dvc-metrics", " --metrics")):
        driver = f"{shlex.quote(sys.executable)} -m atelier.cli.main merge-lock{option} %O %A %B"
        repo.git("config", f"merge.{name}.driver", driver)
    assert repo.ran() == [*GRAPH, "summarize"]
    repo.commit("base")
    return repo


@pytest.fixture
def repo(reproduced: Merged, tmp_path: Path) -> Merged:
    reproduced.copy(tmp_path / "repo")
    return Merged(tmp_path / "repo")


def diverge(repo: Merged, theirs: Callable[[], object], ours: Callable[[], object]) -> None:
    """Commit one change on a branch `theirs` and another on `main`, each with its results."""
    repo.git("checkout", "-qb", "theirs")
    theirs()
    repo.ran()
    repo.commit("theirs")
    repo.git("checkout", "-q", "main")
    repo.checkout()
    ours()
    repo.ran()
    repo.commit("ours")


def test_merge_keeps_what_each_side_computed_and_runs_what_needs_both(repo: Merged):
    diverge(repo, lambda: repo.set(left="two"), lambda: repo.set(right="two"))
    output = repo.git("merge", "-q", "--no-edit", "theirs")
    assert re.findall(r"dvc.lock: (\w+): changed on both sides", output) == ["both", "summarize"]
    assert list(repo.lock()) == ["root", "left", "right"]
    assert repo.ran() == ["both", "summarize"]
    lines = repo.read("both.txt").split("\n")
    assert lines == ["root: one", "left: two", "root: one", "right: two", "both: one", ""]
    assert repo.ran() == []


def test_stage_that_both_changed_runs_with_all_that_follows_and_nothing_else(repo: Merged):
    stages = declared()
    stages["left"]["params"].append("left_too")
    repo.declare(stages)
    repo.set(left_too="one")
    repo.ran()
    repo.commit("left has two parameters")
    diverge(repo, lambda: repo.set(left="two"), lambda: repo.set(left_too="two"))
    output = repo.git("merge", "-q", "--no-edit", "theirs")
    assert re.findall(r"dvc.lock: (\w+): changed", output) == ["left", "both", "summarize"]
    assert repo.ran() == ["left", "both", "summarize"]
    assert repo.ran() == []


def test_stage_whose_result_somebody_has_computed_comes_from_the_run_cache(repo: Merged):
    diverge(repo, lambda: repo.set(left="two"), lambda: repo.set(left="three"))
    repo.git("merge", "-q", "--no-edit", "-X", "theirs", "theirs")
    assert list(repo.lock()) == ["root", "right"]
    assert repo.ran() == []
    assert "left: two" in repo.read("both.txt")
    assert set(repo.lock()) == {*GRAPH, "summarize"}


def test_entry_that_one_side_alone_changed_is_stale_by_its_hashes_if_what_it_reads_is(repo: Merged):
    repo.git("checkout", "-qb", "theirs")
    repo.set(root="two")
    repo.ran("root")
    repo.commit("theirs")
    repo.git("checkout", "-q", "main")
    repo.checkout()
    repo.set(left="two")
    repo.ran()
    repo.commit("ours")
    assert "dvc.lock:" not in repo.git("merge", "-q", "--no-edit", "theirs")
    assert set(repo.lock()) == {*GRAPH, "summarize"}
    assert repo.ran() == ["left", "right", "both", "summarize"]


def test_stages_added_by_each_side_are_all_there_and_none_runs(repo: Merged):
    both = {name: stage(name, ("root",)) for name in ("ours", "theirs")}
    # First in one and last in the other, where Git's own merge of dvc.yaml sees no conflict.
    diverge(
        repo,
        lambda: (repo.set(theirs="one"), repo.declare({"theirs": both["theirs"]} | declared())),
        lambda: (
            repo.write("params.yaml", "ours: one\n" + repo.read("params.yaml")),
            repo.declare(declared() | {"ours": both["ours"]}),
        ),
    )
    assert "dvc.lock:" not in repo.git("merge", "-q", "--no-edit", "theirs")
    assert list(repo.lock()) == [*GRAPH, "summarize", "ours", "theirs"]
    before = repo.read("dvc.lock")
    repo.checkout()
    assert repo.ran() == []
    assert repo.read("dvc.lock") == before


def test_stage_removed_by_one_side_and_changed_by_the_other_leaves_the_lock(repo: Merged):
    def remove() -> None:
        repo.dvc("remove", "summarize", "both")

    diverge(repo, remove, lambda: repo.set(both="two"))
    output = repo.git("merge", "-q", "--no-edit", "theirs")
    assert re.findall(r"dvc.lock: (\w+): changed here, removed there", output) == ["both", "summarize"]
    assert repo.ran() == []
    assert list(repo.lock()) == ["root", "left", "right"]


def test_metrics_are_joined_to_valid_json_and_renewed_by_the_stage_that_writes_them(repo: Merged):
    diverge(repo, lambda: repo.set(right="two", left="two"), lambda: repo.set(left="three"))
    output = repo.git("merge", "-q", "--no-edit", "-X", "ours", "theirs")
    assert "metrics.json: left: changed on both sides" in output
    assert yaml.safe_load(repo.read("metrics.json"))["right"] == "two"
    assert repo.ran() == ["both", "summarize"]
    assert yaml.safe_load(repo.read("metrics.json"))["left"] == "three"


def test_lock_that_cannot_be_read_is_a_conflict_and_stays_as_ours(repo: Merged):
    diverge(repo, lambda: repo.set(left="two"), lambda: repo.set(right="two"))
    ours = repo.read("dvc.lock")
    repo.git("checkout", "-q", "theirs")
    repo.write("dvc.lock", "<<<<<<< HEAD\n" + repo.read("dvc.lock"))
    repo.commit("a conflict that somebody committed")
    repo.git("checkout", "-q", "main")
    output = repo.git("merge", "-q", "--no-edit", "theirs", status=1)
    assert "dvc.lock cannot be merged, ours is kept: theirs: " in output
    assert "Traceback" not in output
    assert repo.read("dvc.lock") == ours
    assert "UU dvc.lock" in repo.git("status", "--short")


def test_checkout_without_registration_falls_back_to_the_merge_of_text(repo: Merged):
    repo.git("config", "--remove-section", "merge.dvc-lock")
    diverge(repo, lambda: repo.set(left="two"), lambda: repo.set(left="three"))
    repo.git("merge", "-q", "--no-edit", "-X", "ours", "theirs")
    assert "three" in repo.read("dvc.lock")
    repo.git("reset", "-q", "--hard", "ORIG_HEAD")
    repo.git("merge", "-q", "--no-edit", "theirs", status=1)
    assert "<<<<<<<" in repo.read("dvc.lock")


def test_missing_file_is_one_line_and_writes_nothing(tmp_path: Path):
    (tmp_path / "ours").write_text("schema: '2.0'\nstages: {}\n")
    paths = [str(tmp_path / name) for name in ("base", "ours", "theirs")]
    assert Checkout(tmp_path).refusal("merge-lock", *paths) == f"{tmp_path}/base: No such file or directory"
    assert [path.name for path in tmp_path.iterdir()] == ["ours"]
