"""Repositories of a few stages that copy files."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Stages that copy files: a directory that is read, many of one kind, one that collects, what comes out the same.
TOY = """
stages:
  clean:
    cmd: mkdir -p clean && cat raw/* > clean/all
    deps: [raw]
    outs: [clean]
  train:
    foreach: ${runs}
    do:
      cmd: mkdir -p models && cat clean/all code.txt > models/${key} && grep ' ${key}:' params.yaml >> models/${key}
      deps: [clean, code.txt]
      params: ["runs.${key}"]
      outs: ["models/${key}"]
  score:
    foreach: ${runs}
    do:
      cmd: mkdir -p scores && wc -c < models/${key} > scores/${key}
      deps: ["models/${key}"]
      outs: ["scores/${key}"]
  summary:
    cmd: cat scores/* > summary.txt
    deps: [scores]
    outs:
      - summary.txt:
          cache: false
"""


@dataclass(frozen=True)
class Toy:
    """A repository of a few stages that copy files."""

    root: Path

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def remove(self, name: str) -> None:
        path = self.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT / "src"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "200",
        }
        done = subprocess.run(
            words, cwd=self.root, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def git(self, *words: str) -> str:
        return self.command("git", "-c", "user.name=test", "-c", "user.email=test@example.org", *words).stdout

    def dvc(self, *words: str, check: bool = True) -> str:
        return self.command(sys.executable, "-m", "dvc", *words, check=check).stdout

    def atelier(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.command(sys.executable, "-m", "atelier.cli.main", *words, check=check)

    def repro(self, *words: str) -> list[str]:
        """The stages that `dvc repro` runs, or restores from the run cache, in its order."""
        return re.findall(r"^(?:Running s|S)tage '(.+)'(?::| is cached)", self.dvc("repro", *words), re.MULTILINE)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "toy", "--allow-empty")


@pytest.fixture(scope="session")
def toy_template(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    toy = Toy(tmp_path_factory.mktemp("toy") / "repo")
    toy.write("dvc.yaml", TOY)
    toy.write("params.yaml", "runs:\n  a: {rate: 0.1}\n  b: {rate: 0.25}\n")
    toy.write("raw/one", "1\n")
    toy.write("raw/two", "2\n")
    toy.write("code.txt", "code\n")
    toy.write(".gitignore", "/.checkpoints/\n/models/\n/scores/\n")
    toy.git("init", "-q")
    toy.dvc("init", "-q")
    toy.dvc("config", "core.analytics", "false")
    toy.commit()
    return toy


@pytest.fixture(scope="session")
def reproduced_template(toy_template: Toy, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    toy = Toy(tmp_path_factory.mktemp("reproduced") / "repo")
    shutil.copytree(toy_template.root, toy.root)
    toy.dvc("repro")
    toy.commit()
    return toy


@pytest.fixture
def unborn(toy_template: Toy, tmp_path: Path) -> Toy:
    """A toy pipeline that has never run."""
    shutil.copytree(toy_template.root, tmp_path / "toy")
    return Toy(tmp_path / "toy")


@pytest.fixture
def toy(reproduced_template: Toy, tmp_path: Path) -> Toy:
    """A toy pipeline that is up to date, and committed."""
    shutil.copytree(reproduced_template.root, tmp_path / "toy")
    return Toy(tmp_path / "toy")
