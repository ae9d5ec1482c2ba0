"""A team at work: one pushes a changed parameter, a hook retrains, checks and publishes, another restores the results.

The hook does what `.github/workflows/retrain.yml` does, with the same `make` targets, in a fresh clone of a bare
repository on this machine, with a directory as the shared remote.
"""

import copy
import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from checkout import BIN, ROOT, Checkout

RUN = "mnist-vae"
SHARED = ("remote", "add", "--quiet", "--local", "--force", "--default", "shared")
LEFT_OUT = ("dvc.lock", "metrics.json")
# The steps of the workflow. Git sets variables for a hook that a clone must not inherit.
HOOK = """#!/bin/sh
set -eu
unset GIT_DIR GIT_QUARANTINE_PATH
while read -r old new ref; do
    [ "$ref" = refs/heads/main ] || continue
    clone="{place}/retrained-$new"
    exec >"$clone.log" 2>&1
    git clone --quiet --branch main "{place}/team.git" "$clone"
    cd "$clone"
    "{bin}/dvc" remote add --quiet --local --force --default shared "{place}/shared"
    make --no-print-directory retrain BIN="{bin}" AGAINST="$old"
    make --no-print-directory publish BIN="{bin}" AGAINST="$old"
done
"""


class Clone(Checkout):
    """A clone of the project, which runs its own code."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, PYTHONPATH=str(root / "src"))

    def change(self, edit: Callable[[dict[str, Any]], None], message: str) -> None:
        """Change the parameters of the run, commit and push."""
        params = yaml.safe_load(self.read("params.yaml"))
        edit(params["runs"][RUN])
        self.write("params.yaml", yaml.safe_dump(params, sort_keys=False))
        self.git("commit", "-qam", message)
        self.git("push", "-q", "origin", "main")


class Team(NamedTuple):
    place: Path

    def clone(self, name: str, branch: str = "main") -> Clone:
        """A colleague's clone, with access to the shared remote."""
        Checkout(self.place / "team.git").clone(self.place / name, "--branch", branch)
        clone = Clone(self.place / name)
        clone.dvc(*SHARED, str(self.place / "shared"))
        return clone

    def branches(self) -> dict[str, str]:
        listing = Checkout(self.place / "team.git").git("for-each-ref", "--format=%(refname:short) %(objectname)")
        return dict(line.split() for line in listing.splitlines())

    def shared(self) -> set[str]:
        return {str(path.relative_to(self.place)) for path in (self.place / "shared").rglob("*") if path.is_file()}

    def log(self) -> str:
        """The output of the hook for the last push to main."""
        return (self.place / f"retrained-{self.branches()['main']}.log").read_text(encoding="utf-8")


def stages_run(output: str) -> set[str]:
    """The stages whose command ran."""
    return set(re.findall(r"Running stage '(.+)':", output))


def alone(params: dict[str, Any]) -> dict[str, Any]:
    """The smallest pipeline: one run and its dataset, trained just well enough to pass the gates."""
    params = copy.deepcopy(params)
    dataset = params["runs"][RUN]["dataset"]
    own = {
        "downloads": {dataset: params["downloads"][dataset]},
        "datasets": {dataset: params["datasets"][dataset]},
        "judges": {dataset: params["judges"][dataset]},
        "runs": {RUN: params["runs"][RUN]},
        "edits": {},
    }
    own["downloads"][dataset]["embedded"] |= {"train": 1500}
    own["judges"][dataset]["train"] |= {"epochs": 4, "filters": [8, 16]}
    widths = {"encoder_filters": [16, 32], "encoder_dense": [256, 256], "decoder_dense": [256, 512, 512]}
    own["runs"][RUN]["train"] |= {"epochs": 12, "preview_epochs": 12, "jit_compile": True, **widths}
    return own


@pytest.fixture(scope="module")
def team(small_params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Team:
    """A bare repository with the hook, a shared remote, and results in both."""
    place = tmp_path_factory.mktemp("team")
    first = Clone(place / "first")
    first.git("init", "-q", "--bare", "-b", "main", str(place / "team.git"))
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file() and name not in LEFT_OUT:
            (first.root / name).parent.mkdir(parents=True, exist_ok=True)
            (first.root / name).write_bytes((ROOT / name).read_bytes())
    first.write("params.yaml", yaml.safe_dump(alone(small_params), sort_keys=False))
    gates = yaml.safe_load(first.read("gates.yaml"))
    gates["runs"][RUN]["metrics"]["fd"] = {"exempt": "for so small a judge the ceiling is low"}
    first.write("gates.yaml", yaml.safe_dump(gates, sort_keys=False))
    first.git("init", "-q", "-b", "main")
    first.git("remote", "add", "origin", str(place / "team.git"))
    first.dvc(*SHARED, str(place / "shared"))
    first.dvc("repro")
    first.dvc("push", "--run-cache", "--quiet")
    first.git("add", "-A")
    first.git("add", "-f", "data/edits/.gitkeep")
    first.git("commit", "-qm", "results")
    first.git("push", "-q", "origin", "main")
    hook = place / "team.git/hooks/post-receive"
    hook.write_text(HOOK.format(place=place, bin=BIN), encoding="utf-8")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    return Team(place)


@pytest.fixture(scope="module")
def retrained(team: Team) -> Team:
    """One has pushed a single changed parameter, and the hook has done its work."""
    one = team.clone("one")
    one.change(lambda run: run["sample"].update(shown=run["sample"]["shown"] + 1), "one more sample")
    return team


def test_a_fresh_clone_restores_everything_without_running_a_stage(team: Team) -> None:
    newcomer = team.clone("newcomer")
    assert stages_run(newcomer.dvc("repro", "--pull").stdout) == set()
    assert (newcomer.root / "data/report/index.html").is_file()


def test_a_pushed_parameter_runs_exactly_the_stages_of_its_run_and_publishes_them(retrained: Team) -> None:
    # The metrics come out equal, so that the summary does as well; the report shows another picture.
    ran = stages_run(retrained.log()) - {"summarize", "report"}
    assert ran == {f"sample@{RUN}", f"evaluate@{RUN}"}, retrained.log()
    (branch,) = set(retrained.branches()) - {"main"}
    assert branch.startswith("retrain/")


def test_a_third_clone_reproduces_what_the_hook_published_without_running_a_stage(retrained: Team) -> None:
    (branch,) = set(retrained.branches()) - {"main"}
    third = retrained.clone("third", branch)
    assert stages_run(third.dvc("repro", "--pull").stdout) == set()
    assert third.git("status", "--porcelain") == ""
    params = yaml.safe_load(third.read("params.yaml"))
    shown = params["runs"][RUN]["sample"]["shown"]
    assert f"<td>{shown}</td>" in third.read("data/report/index.html")


def test_a_collapsed_model_is_refused_by_the_gates_and_nothing_is_published(retrained: Team) -> None:
    before, objects = retrained.branches(), retrained.shared()
    other = retrained.clone("other")
    nothing_learned = {"learning_rate": 1e-9, "beta": 100.0, "epochs": 1, "preview_epochs": 1}
    other.change(lambda run: run["train"].update(nothing_learned), "a model that learns nothing")
    pushed = other.git("rev-parse", "HEAD")
    assert re.search(rf"^{RUN}: \w+ .*", retrained.log(), re.MULTILINE), retrained.log()
    assert "Error" in retrained.log()
    assert retrained.branches() == before | {"main": pushed}
    assert retrained.shared() == objects
    assert other.git("show", "origin/main:metrics.json") == other.git("show", "origin/main~1:metrics.json")
