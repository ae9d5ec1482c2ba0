"""What Git refuses, and repositories that other tools have changed: said as Git says it, and in one line."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from checkout import Checkout
from copied_results import Results

from atelier.report import lineage

FOREIGN = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}


def git_lines(checkout: Checkout) -> str:
    """Git's own lines about a checkout of another user, remedy included, as one."""
    said = checkout.run("git", "status", status=128, **FOREIGN).stderr
    first, *others = [line.strip() for line in said.splitlines() if line.strip()]
    assert "dubious ownership" in first
    assert "safe.directory" in others[-1]
    return f"{first.removeprefix('fatal: ')}; {' '.join(others)}"


@pytest.mark.parametrize(
    "command",
    [
        "check",
        "check --against main",
        "compare",
        "compare main -o comparison",
        "publish",
        "models",
        "gc",
        "generate mnist-vae@main -o grid.png",
        "generate mnist-vae@latest -o grid.png",
        "write imdb-lm@main",
    ],
)
def test_checkout_of_another_user_is_explained_in_git_s_words(results: Results, command: str) -> None:
    results.environment |= FOREIGN
    assert results.refusal(*command.split()) == git_lines(results)


def test_report_in_a_checkout_of_another_user_is_refused_in_git_s_words(results: Results) -> None:
    results.environment |= FOREIGN
    with results.inside(), pytest.raises(ValueError, match=re.escape(git_lines(results))):
        lineage.commit(Path(), [Path("src")])


def test_what_needs_no_git_works_in_a_checkout_of_another_user(results: Results) -> None:
    results.environment |= FOREIGN
    assert results.atelier("why").stdout == "nothing would run\n"


@pytest.fixture
def tagged(results: Results) -> Results:
    """Two versions and a stage of `mnist-vae` on one commit, which GTO refuses, and a version of another run."""
    for tag in ("mnist-vae@v1.9.0", "mnist-vae@v1.10.0", "mnist-vae#prod#1", "imdb-lm@v0.1.0"):
        results.git("tag", "--annotate", "--message", "by hand", tag)
    results.commit("later")
    return results


def test_two_versions_on_one_commit_break_no_run(tagged: Results) -> None:
    rows = json.loads(tagged.atelier("models", "--json").stdout)
    listed = {(row["run"], row["version"]): row["stages"] for row in rows if row["version"]}
    # The stage is that of the newest version of its commit.
    assert listed == {("mnist-vae", "v1.10.0"): ["prod"], ("mnist-vae", "v1.9.0"): [], ("imdb-lm", "v0.1.0"): []}
    for named in ("mnist-vae@prod", "mnist-vae@v1.9.0", "mnist-vae@latest", "mnist-vae@main", "celeba-vae@main"):
        # The version is found; the stage `train` is not part of this pipeline.
        run = named.partition("@")[0]
        assert f"{named}: train@{run} has no results at" in tagged.refusal("generate", named, "-o", "grid.png")


def test_tags_that_are_no_versions_are_passed_over(tagged: Results) -> None:
    tree = tagged.git("rev-parse", "HEAD^{tree}")
    tagged.git("tag", "mnist-vae@v3.0.0")
    tagged.git("tag", "--annotate", "--message", "a tree", "mnist-vae@v4.0.0", tree)
    command = ["git", "-c", "user.name=Test", "-c", "user.email=test@localhost", "tag", "--annotate", "--message=x"]
    subprocess.run([*map(os.fsencode, command), b"mnist-\xff@v1.0.0"], cwd=tagged.root, check=True)
    rows = json.loads(tagged.atelier("models", "--json").stdout)
    assert {row["version"] for row in rows} == {"v1.10.0", "v1.9.0", "v0.1.0", None}


def test_stage_that_went_back_to_an_older_version_is_there(results: Results) -> None:
    for version, stage in (("v1.0.0", "prod"), ("v2.0.0", "prod")):
        results.register("mnist-vae", version)
        results.assign("mnist-vae", version, stage)
        results.commit("next")
    back = results.git("rev-parse", "mnist-vae@v1.0.0^{commit}")
    date = {"GIT_COMMITTER_DATE": "2090-01-01T00:00:00+0000"}
    results.run("git", "tag", "--annotate", "--message", "back", "mnist-vae#prod#3", back, **date)
    rows = json.loads(results.atelier("models", "--json").stdout)
    assert {row["version"]: row["stages"] for row in rows if row["version"]} == {"v2.0.0": [], "v1.0.0": ["prod"]}


def test_publish_in_a_part_of_a_repository_ignores_changes_elsewhere(results: Results, tmp_path: Path) -> None:
    top = Checkout(tmp_path / "top")
    top.git("init", "-q", "-b", "main")
    part = Results(results.copy(top.root / "part").root)
    part.remove(".git")
    part.write("../notes.txt", "1\n")
    part.write("stages/own.py", "1\n")
    top.commit("all")
    top.git("init", "-q", "--bare", "-b", "main", str(tmp_path / "origin.git"))
    top.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    top.git("push", "-q", "-u", "origin", "main")
    part.write("../notes.txt", "changed\n")
    part.write("../src/new.py", "")
    assert "nothing new to commit" in part.atelier("publish").stdout
    part.write("stages/own.py", "changed\n")
    assert part.refusal("publish").startswith("stages/own.py: ")


def test_run_and_make_repeat_what_git_says_about_another_users_checkout(results: Results) -> None:
    results.environment["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    assert "safe.directory" in results.refusal("run")
    assert "git config --global --add safe.directory" in results.make("setup")
    assert "safe.directory" in results.make("propose", status=2)
