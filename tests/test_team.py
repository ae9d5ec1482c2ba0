"""What a team does, for real: one pushes a changed parameter, a hook retrains, judges and publishes, another restores.

The hook does what `.github/workflows/retrain.yml` does, by the same `make` targets, in a fresh clone of a bare
repository on this machine, with a directory as the shared remote.
"""

import copy
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[1]
RUN = "mnist-vae"
SHARED = ("remote", "add", "--quiet", "--local", "--force", "--default", "shared")
BIN = Path(sys.executable).parent
LEFT_OUT = ("dvc.lock", "metrics.json")
# What stands between the push and the workflow's steps: Git tells a hook where it is by variables that a clone must not
# inherit.
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


class Checkout(NamedTuple):
    path: Path

    def call(self, *command: str, check: bool = True) -> str:
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"PYTHONPATH": str(self.path / "src"), "PATH": path, **IDENTITY}
        done = subprocess.run(command, cwd=self.path, capture_output=True, text=True, env=environment, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def git(self, *arguments: str) -> str:
        return self.call("git", *arguments)

    def dvc(self, *arguments: str) -> str:
        return self.call(sys.executable, "-m", "dvc", *arguments)

    def change(self, edit: Callable[[dict[str, Any]], None], message: str) -> None:
        """Change the parameters of the run, commit and push."""
        path = self.path / "params.yaml"
        params = yaml.safe_load(path.read_text(encoding="utf-8"))
        edit(params["runs"][RUN])
        path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
        self.git("commit", "-qam", message)
        self.git("push", "-q", "origin", "main")


IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "test"), ("EMAIL", "test@example.org"))
}


class Team(NamedTuple):
    place: Path

    def clone(self, name: str, branch: str = "main") -> Checkout:
        """A colleague's clone, with access to the shared remote."""
        path = self.place / name
        source = str(self.place / "team.git")
        subprocess.run(["git", "clone", "-q", "--branch", branch, source, str(path)], check=True)
        checkout = Checkout(path)
        checkout.dvc(*SHARED, str(self.place / "shared"))
        return checkout

    def branches(self) -> dict[str, str]:
        listing = Checkout(self.place / "team.git").git("for-each-ref", "--format=%(refname:short) %(objectname)")
        return dict(line.split() for line in listing.splitlines())

    def shared(self) -> set[str]:
        return {str(path.relative_to(self.place)) for path in (self.place / "shared").rglob("*") if path.is_file()}

    def log(self) -> str:
        """What the hook said of the last push to main."""
        return (self.place / f"retrained-{self.branches()['main']}.log").read_text(encoding="utf-8")


def run_by(output: str) -> set[str]:
    """The stages whose command ran."""
    return set(re.findall(r"Running stage '(.+)':", output))


def alone(params: dict[str, Any]) -> dict[str, Any]:
    """The smallest pipeline: one run and its dataset, trained just well enough to pass the gates."""
    params = copy.deepcopy(params)
    dataset = params["runs"][RUN]["dataset"]
    own = {
        "datasets": {dataset: params["datasets"][dataset]},
        "judges": {dataset: params["judges"][dataset]},
        "runs": {RUN: params["runs"][RUN]},
        "edits": {},
    }
    own["datasets"][dataset]["embedded"] |= {"train": 1500}
    own["judges"][dataset]["train"] |= {"epochs": 4, "filters": [8, 16]}
    own["runs"][RUN]["train"] |= {"epochs": 8, "preview_epochs": 8}
    return own


@pytest.fixture(scope="module")
def team(small_params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Team:
    """A bare repository with the hook, a shared remote, and results in both."""
    place = tmp_path_factory.mktemp("team")
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(place / "team.git")], check=True)
    first = Checkout(place / "first")
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file() and name not in LEFT_OUT:
            (first.path / name).parent.mkdir(parents=True, exist_ok=True)
            (first.path / name).write_bytes((ROOT / name).read_bytes())
    (first.path / "params.yaml").write_text(yaml.safe_dump(alone(small_params), sort_keys=False), encoding="utf-8")
    gates = yaml.safe_load((first.path / "gates.yaml").read_text(encoding="utf-8"))
    gates["runs"][RUN]["metrics"]["fd"] = {"exempt": "so small a judge hardly sees damage, so that its ceiling is low"}
    (first.path / "gates.yaml").write_text(yaml.safe_dump(gates, sort_keys=False), encoding="utf-8")
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
    assert run_by(newcomer.dvc("repro", "--pull")) == set()
    assert (newcomer.path / "data/report/index.html").is_file()


def test_a_pushed_parameter_runs_exactly_the_stages_of_its_run_and_publishes_them(retrained: Team) -> None:
    # The metrics come out equal, so that the summary does as well; the report shows another picture.
    ran = run_by(retrained.log()) - {"summarize", "report"}
    assert ran == {f"sample@{RUN}", f"evaluate@{RUN}"}, retrained.log()
    (branch,) = set(retrained.branches()) - {"main"}
    assert branch.startswith("retrain/")


def test_a_third_clone_reproduces_what_the_hook_published_without_running_a_stage(retrained: Team) -> None:
    (branch,) = set(retrained.branches()) - {"main"}
    third = retrained.clone("third", branch)
    assert run_by(third.dvc("repro", "--pull")) == set()
    assert third.git("status", "--porcelain") == ""
    params = yaml.safe_load((third.path / "params.yaml").read_text(encoding="utf-8"))
    shown = params["runs"][RUN]["sample"]["shown"]
    assert f"<td>{shown}</td>" in (third.path / "data/report/index.html").read_text(encoding="utf-8")


def test_a_collapsed_model_is_refused_by_the_gates_and_nothing_is_published(retrained: Team) -> None:
    before, objects = retrained.branches(), retrained.shared()
    other = retrained.clone("other")
    other.change(lambda run: run["train"].update(learning_rate=1e-9, beta=100.0), "a model that learns nothing")
    pushed = other.git("rev-parse", "HEAD").strip()
    assert re.search(rf"^{RUN}: \w+ .*", retrained.log(), re.MULTILINE), retrained.log()
    assert "Error" in retrained.log()
    assert retrained.branches() == before | {"main": pushed}
    assert retrained.shared() == objects
    assert other.git("show", "origin/main:metrics.json") == other.git("show", "origin/main~1:metrics.json")
