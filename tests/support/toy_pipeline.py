"""Repositories of a few stages that copy files."""

from pathlib import Path

import pytest
from checkout import Checkout

# Stages that copy files: one reads a directory, two groups, one that reads the outputs of a group.
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


@pytest.fixture(scope="session")
def toy_template(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    toy = Checkout(tmp_path_factory.mktemp("toy") / "repo").init()
    toy.write("dvc.yaml", TOY)
    toy.write("params.yaml", "runs:\n  a: {rate: 0.1}\n  b: {rate: 0.25}\n")
    toy.write("raw/one", "1\n")
    toy.write("raw/two", "2\n")
    toy.write("code.txt", "code\n")
    toy.write(".gitignore", "/.checkpoints/\n/models/\n/scores/\n")
    toy.commit()
    return toy


@pytest.fixture(scope="session")
def reproduced_template(toy_template: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    toy = toy_template.copy(tmp_path_factory.mktemp("reproduced") / "repo")
    toy.dvc("repro")
    toy.commit()
    return toy


@pytest.fixture
def unborn(toy_template: Checkout, tmp_path: Path) -> Checkout:
    """A toy pipeline that has never run."""
    return toy_template.copy(tmp_path / "toy")


@pytest.fixture
def toy(reproduced_template: Checkout, tmp_path: Path) -> Checkout:
    """A toy pipeline that is up to date, and committed."""
    return reproduced_template.copy(tmp_path / "toy")
