"""A stage that depends on a manifest of its code runs again for code alone, in every way that DVC runs stages."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# As in dvc.yaml: `code` writes a manifest for each family, and a run depends on that of its own family.
PIPELINE = """
stages:
  code:
    cmd: python code_stage.py
    deps: [code_stage.py, families]
    outs: [data/code]
  train:
    foreach: ${runs}
    do:
      cmd: python families/${item.family}.py ${key} ${item.epochs} data/models/${key}
      deps: ["data/code/train/${item.family}.json"]
      params: ["runs.${key}"]
      outs: ["data/models/${key}"]
  summary:
    cmd: cat data/models/* > summary.txt
    deps: [data/models]
    outs:
      - summary.txt:
          cache: false
"""
PARAMS = """
runs:
  one: {family: vae, epochs: 1}
  two: {family: gan, epochs: 2}
"""
CODE = """
import json
from pathlib import Path
from atelier.core.code.digest import code_digest

for family in Path("families").glob("*.py"):
    path = Path("data/code/train") / f"{family.stem}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({str(family): code_digest(family.read_text())}))
"""
FAMILY = """
import sys
from pathlib import Path

# A comment.
name, epochs, out = sys.argv[1:]
Path(out).parent.mkdir(parents=True, exist_ok=True)
Path(out).write_text(f"{name} {epochs} {sum(range(10))}\\n")
"""
ALL = {"code", "train@one", "train@two", "summary"}


class Checkout:
    """A repository of the toy pipeline."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *command: str) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, check=False, env=os.environ | {"PATH": path}
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def repro(self, *arguments: str) -> set[str]:
        """Run the pipeline; return the stages that ran."""
        return stages(self.run("dvc", "repro", *arguments))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def stages(output: str) -> set[str]:
    return set(re.findall(r"Running stage '(.+)':", output))


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    checkout = Checkout(tmp_path_factory.mktemp("toy") / "checkout")
    files = {"dvc.yaml": PIPELINE, "params.yaml": PARAMS, "code_stage.py": CODE}
    files |= {f"families/{name}.py": FAMILY for name in ("vae", "gan")} | {".gitignore": "/data\n", ".dvcignore": ""}
    for name, text in files.items():
        (checkout.root / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout.root / name).write_text(text, encoding="utf-8")
    checkout.run("git", "init", "-q", "-b", "main")
    checkout.run("git", "config", "user.name", "test")
    checkout.run("git", "config", "user.email", "test@example.org")
    checkout.run("dvc", "init", "-q")
    assert checkout.repro() == ALL
    checkout.run("git", "add", "-A")
    checkout.run("git", "commit", "-qm", "toy")
    return checkout


@pytest.fixture
def toy(reproduced: Checkout, tmp_path: Path) -> Checkout:
    shutil.copytree(reproduced.root, tmp_path / "checkout")
    return Checkout(tmp_path / "checkout")


def test_changed_family_runs_its_own_runs_and_what_follows(toy: Checkout):
    toy.edit("families/vae.py", "range(10)", "range(11)")
    assert toy.repro() == {"code", "train@one", "summary"}


def test_earlier_code_restores_from_the_run_cache(toy: Checkout):
    toy.edit("families/vae.py", "range(10)", "range(11)")
    toy.repro()
    toy.edit("families/vae.py", "range(11)", "range(10)")
    # An out without cache cannot be restored, so the summary is written again.
    assert toy.repro() == {"summary"}
    assert "one 1 45" in (toy.root / "summary.txt").read_text()


def test_experiment_runs_what_a_parameter_changes(toy: Checkout):
    assert stages(toy.run("dvc", "exp", "run", "-S", "runs.two.epochs=3")) == {"train@two", "summary"}


@pytest.mark.parametrize("way", [[], ["--temp"]], ids=["workspace", "temp"])
def test_experiment_runs_what_changed_code_changes(toy: Checkout, way: list[str]):
    toy.edit("families/gan.py", "range(10)", "range(11)")
    assert stages(toy.run("dvc", "exp", "run", *way)) == {"code", "train@two", "summary"}
