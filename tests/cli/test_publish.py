"""`atelier publish` and the make targets around it: data first, then Git, and nothing if a gate fails."""

import re
import sys
from pathlib import Path

import pytest
from checkout import ROOT, Checkout
from copied_results import Results


@pytest.fixture
def published(results: Results, tmp_path: Path) -> Results:
    """The checkout with an origin that has its main, and an empty DVC remote."""
    results.git("init", "-q", "--bare", "-b", "main", str(tmp_path / "origin.git"))
    results.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    results.git("push", "-q", "-u", "origin", "main")
    return results


def branches(results: Results) -> set[str]:
    return {line.rpartition("refs/heads/")[2] for line in results.git("ls-remote", "--heads", "origin").splitlines()}


def objects(results: Results) -> list[Path]:
    return [path for path in (results.root.parent / "remote").rglob("*") if path.is_file()]


def retrain(results: Results, value: float = 19.0) -> None:
    results.set_number("mnist-vae", "fd", value, "numbers.json")
    # The inputs of the stages are committed, their outputs are not.
    results.commit("other numbers")
    results.git("push", "-q", "origin", "main")
    results.dvc("repro", "-q")


def test_data_and_then_a_branch_are_sent_and_the_checkout_stays_as_it_is(published: Results) -> None:
    retrain(published)
    before = published.git("status", "--porcelain"), published.git("rev-parse", "HEAD")
    branch = f"retrain/{published.git('rev-parse', '--short=10', 'HEAD')}"
    assert published.atelier("publish").stdout.splitlines()[-1].startswith(f"{branch} is on origin: ")
    assert branches(published) == {"main", branch}
    assert (published.git("status", "--porcelain"), published.git("rev-parse", "HEAD")) == before
    published.git("fetch", "-q", "origin")
    assert published.git("diff", "--name-only", "HEAD", f"origin/{branch}").split() == ["dvc.lock", "metrics.json"]
    # A clone gets everything from there and runs nothing.
    clone = Checkout(published.root.parent / "origin.git").clone(published.root.parent / "clone", "-b", branch)
    assert "Running stage" not in clone.dvc("repro", "--pull").stdout
    assert clone.read("data/samples/mnist-vae/samples.png") == "picture of mnist-vae"
    # Publishing again does nothing; with other results it is an error that loses nothing.
    assert "already on origin, with these results" in published.atelier("publish").stdout
    published.set_number("mnist-vae", "fd", 18.0, "metrics.json")
    published.dvc("commit", "-q", "-f", "summarize")
    assert "already on origin, with other results; nothing was sent" in published.atelier("publish", status=1).output


def test_nothing_is_sent_where_a_gate_fails(published: Results) -> None:
    retrain(published, 70.0)
    output = published.atelier("publish", status=1).output
    assert "mnist-vae: fd 70 is worse than origin/main's 19.77 by more than 25 %" in output
    assert "nothing was sent" in output
    assert branches(published) == {"main"}
    assert objects(published) == []


def test_nothing_is_sent_where_main_has_moved_on(published: Results, tmp_path: Path) -> None:
    retrain(published)
    other = Checkout(tmp_path / "origin.git").clone(tmp_path / "other")
    other.commit("a colleague's")
    other.git("push", "-q")
    assert "main of origin has commits" in published.atelier("publish", status=1).output
    assert branches(published) == {"main"}
    assert objects(published) == []
    assert published.numbers()["mnist-vae"]["fd"] == 19.0


def test_no_branch_names_data_that_were_not_pushed(published: Results, tmp_path: Path) -> None:
    retrain(published)
    # A file is where the remote should be.
    (tmp_path / "remote").write_text("", encoding="utf-8")
    assert "dvc push failed, so no branch was pushed" in published.atelier("publish", status=1).output
    assert branches(published) == {"main"}


def test_results_of_code_that_is_not_committed_are_not_sent(published: Results) -> None:
    retrain(published)
    published.write("src/new.py", "")
    assert published.refusal("publish").startswith("src/new.py: ")
    published.remove("src/new.py")
    published.write("dvc.yaml", published.read("dvc.yaml") + "# other\n")
    assert published.refusal("publish").startswith("dvc.yaml: ")
    assert branches(published) == {"main"}


def test_where_nothing_is_new_no_branch_is_made(published: Results) -> None:
    assert "nothing new to commit" in published.atelier("publish").stdout
    assert branches(published) == {"main"}
    assert objects(published)


def test_retrain_and_publish_are_make_targets_that_a_clone_can_run(published: Results, tmp_path: Path) -> None:
    published.write("Makefile", (ROOT / "Makefile").read_text(encoding="utf-8"))
    published.set_number("mnist-vae", "fd", 19.0, "numbers.json")
    published.commit("a Makefile and other numbers")
    published.git("push", "-q", "origin", "main")
    published.dvc("push", "-q")
    clone = Checkout(tmp_path / "origin.git").clone(tmp_path / "clone")
    clone.write(".dvc/config", published.read(".dvc/config"))
    # The command of this checkout, since the clone has no code of its own.
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, module in (("python", ""), ("dvc", "-m dvc"), ("atelier", "-m atelier.cli.main")):
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n', encoding="utf-8")
        (tools / name).chmod(0o755)

    make = ["make", f"BIN={tools}"]
    said = clone.run(*make, "retrain").stdout
    assert re.findall(r"Running stage '(.+)':", said) == ["summarize"]
    assert "against origin/main: all pass" in said
    assert "| fd | 19.77 | 19 | ≈ within noise |" in clone.read("comparison/summary.md")
    assert not (clone.root / ".venv").exists()
    clone.run(*make, "publish")
    assert len(branches(published)) == 2
    # A collapsed model fails the target, with its comparison.
    Results(clone.root).set_number("mnist-vae", "coverage", 0.001, "numbers.json")
    assert "the least allowed" in clone.run(*make, "retrain", status=2).stdout
    assert "coverage" in clone.read("comparison/summary.md")
    # A form's field is data: neither make nor the shell evaluates it.
    canary = tmp_path / "canary"
    clone.run(*make, "retrain", status=None, TARGETS=f"$(shell touch {canary}) `touch {canary}`; touch {canary}")
    assert not canary.exists()
