"""`atelier publish` and the make targets around it: data first, then Git, and nothing where a gate fails."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atelier.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def published(results, tmp_path: Path):
    """The checkout with an origin that has its main, and its data in DVC's remote."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "origin.git")], check=True)
    results.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    results.git("push", "-q", "-u", "origin", "main")
    return results


def publish(*options: str) -> Result:
    return CliRunner().invoke(main, ["publish", *options])


def branches(results) -> set[str]:
    return {line.rpartition("refs/heads/")[2] for line in results.git("ls-remote", "--heads", "origin").splitlines()}


def objects(results) -> list[Path]:
    return [path for path in (results.path.parent / "remote").rglob("*") if path.is_file()]


def retrain(results, value: float = 19.0) -> None:
    results.set_number("mnist-vae", "fd", value, "numbers.json")
    # What the stages read is committed; what they make is not.
    results.commit("other numbers")
    results.git("push", "-q", "origin", "main")
    results.dvc("repro", "-q")


def test_data_and_then_a_branch_are_sent_and_the_checkout_stays_as_it_is(published) -> None:
    retrain(published)
    before = published.git("status", "--porcelain"), published.git("rev-parse", "HEAD")
    branch = f"retrain/{published.git('rev-parse', '--short=10', 'HEAD')}"
    result = publish()
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1].startswith(f"{branch} is on origin: ")
    assert branches(published) == {"main", branch}
    assert (published.git("status", "--porcelain"), published.git("rev-parse", "HEAD")) == before
    published.git("fetch", "-q", "origin")
    assert published.git("diff", "--name-only", "HEAD", f"origin/{branch}").split() == ["dvc.lock", "metrics.json"]
    # A stranger's clone gets everything from there, running nothing.
    clone = published.path.parent / "clone"
    published.git("clone", "-q", "-b", branch, str(published.path.parent / "origin.git"), str(clone))
    command = [sys.executable, "-m", "dvc", "repro", "--pull"]
    done = subprocess.run(command, cwd=clone, env=published.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Running stage" not in done.stdout
    assert (clone / "data/samples/mnist-vae/samples.png").read_text(encoding="utf-8") == "picture of mnist-vae"
    # Again is no harm, and with other results an error that loses nothing.
    assert "with these results already" in publish().output
    published.set_number("mnist-vae", "fd", 18.0, "metrics.json")
    published.dvc("commit", "-q", "-f", "summarize")
    again = publish()
    assert again.exit_code == 1
    assert "on origin already, with other results; nothing was sent" in again.output


def test_nothing_is_sent_where_a_gate_fails(published) -> None:
    retrain(published, 70.0)
    result = publish()
    assert result.exit_code == 1
    assert "mnist-vae: fd 70 is worse than origin/main's 19.77 by more than 25 %" in result.output
    assert "nothing was sent" in result.output
    assert branches(published) == {"main"}
    assert objects(published) == []


def test_nothing_is_sent_where_main_has_moved_on(published, tmp_path: Path) -> None:
    retrain(published)
    other = tmp_path / "other"
    published.git("clone", "-q", str(tmp_path / "origin.git"), str(other))
    for command in (["commit", "-q", "--allow-empty", "-m", "a colleague's"], ["push", "-q"]):
        subprocess.run(["git", *command], cwd=other, env=published.environment, check=True)
    result = publish()
    assert result.exit_code == 1
    assert "main of origin has moved on" in result.output
    assert branches(published) == {"main"}
    assert objects(published) == []
    assert published.numbers()["mnist-vae"]["fd"] == 19.0


def test_no_branch_names_data_that_were_not_pushed(published, tmp_path: Path) -> None:
    retrain(published)
    # A file stands where the remote should be.
    (tmp_path / "remote").write_text("", encoding="utf-8")
    result = publish()
    assert result.exit_code == 1
    assert "dvc push failed, so that no branch was pushed" in result.output
    assert branches(published) == {"main"}


def test_results_of_code_that_is_not_committed_are_not_sent(published) -> None:
    retrain(published)
    (published.path / "src").mkdir()
    (published.path / "src" / "new.py").write_text("", encoding="utf-8")
    assert "src/new.py: not as the last commit has it" in publish().output
    (published.path / "src" / "new.py").unlink()
    (published.path / "dvc.yaml").write_text(
        (published.path / "dvc.yaml").read_text(encoding="utf-8") + "# other\n", encoding="utf-8"
    )
    assert "dvc.yaml: not as the last commit has it" in publish().output
    assert branches(published) == {"main"}


def test_where_nothing_is_new_no_branch_is_made(published) -> None:
    assert "nothing new to commit" in publish().output
    assert branches(published) == {"main"}
    assert objects(published)


def test_retrain_and_publish_are_make_targets_that_a_clone_can_run(published, tmp_path: Path) -> None:
    """With an environment of another checkout, which stays as it is."""
    (published.path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    published.set_number("mnist-vae", "fd", 19.0, "numbers.json")
    published.commit("a Makefile and other numbers")
    published.git("push", "-q", "origin", "main")
    published.dvc("push", "-q")
    clone = tmp_path / "clone"
    published.git("clone", "-q", str(tmp_path / "origin.git"), str(clone))
    (clone / ".dvc" / "config").write_bytes((published.path / ".dvc" / "config").read_bytes())
    # The command of this checkout, since the clone has no code of its own.
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, module in (("python", ""), ("dvc", "-m dvc"), ("atelier", "-m atelier.cli.main")):
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n', encoding="utf-8")
        (tools / name).chmod(0o755)

    def make(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["make", *words, f"BIN={tools}"]
        return subprocess.run(
            command, cwd=clone, env=published.environment, capture_output=True, text=True, check=False
        )

    done = make("retrain")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "held against origin/main: all pass" in done.stdout
    assert "| fd | 19.77 | 19 | ≈ within noise |" in (clone / "comparison/summary.md").read_text(encoding="utf-8")
    assert not (clone / ".venv").exists()
    done = make("publish")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(branches(published)) == 2
    # A form's field is data: neither make nor the shell looks into it.
    canary = tmp_path / "canary"
    hostile = published.environment | {"TARGETS": f"$(shell touch {canary}) `touch {canary}`; touch {canary}"}
    subprocess.run(["make", "retrain", f"BIN={tools}"], cwd=clone, env=hostile, capture_output=True, check=False)
    assert not canary.exists()
