"""A checkout with the project's parameters, gates and numbers, whose stages only copy."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from checkout import ROOT, Checkout

# The stages copy files, so that the results of every run exist within a second.
COPIES = """
stages:
  sample:
    foreach: ${runs}
    do:
      cmd: mkdir -p data/samples && cp -r drawn/${key} data/samples/${key}
      deps:
        - drawn/${key}
      outs:
        - data/samples/${key}
  summarize:
    cmd: cp numbers.json metrics.json
    deps:
      - numbers.json
    metrics:
      - metrics.json:
          cache: false
"""
REMOTE = "[core]\n    remote = here\n['remote \"here\"']\n    url = {}\n"


class Results(Checkout):
    """The checkout, with access to its numbers."""

    def numbers(self, file: str = "metrics.json") -> dict[str, dict[str, float]]:
        return json.loads(self.read(file))

    def set_number(self, run: str, metric: str, value: object, file: str = "metrics.json") -> None:
        numbers = self.numbers(file)
        numbers[run][metric] = value
        self.write(file, json.dumps(numbers))


@pytest.fixture(scope="session")
def copied_results(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The checkout that `results` copies: run once and committed."""
    results = Checkout(tmp_path_factory.mktemp("results") / "checkout").init()
    for name in ("params.yaml", "gates.yaml"):
        shutil.copy(ROOT / name, results.root)
    numbers = json.loads((ROOT / "metrics.json").read_text(encoding="utf-8"))
    # Tests name these numbers; the others may be those of any machine.
    numbers["mnist-vae"] |= {"fd": 19.77, "recall": 0.017}
    numbers["imdb-lm"] |= {"perplexity": 3.193}
    results.write("numbers.json", json.dumps(numbers))
    results.write("dvc.yaml", COPIES)
    results.write(".gitignore", "/data/\n/.checkpoints/\n/comparison/\n")
    for run in yaml.safe_load(results.read("params.yaml"))["runs"]:
        texts = {"columns": ["temperature 1"], "rows": [{"name": "", "cells": [[["a | b", 0.5], [" <i>`c`", None]]]}]}
        name, content = ("free.json", json.dumps(texts)) if run == "imdb-lm" else ("samples.png", f"picture of {run}")
        results.write(f"drawn/{run}/{name}", content)
        listing = [{"file": name, "title": "Samples", "caption": "Not chosen."}]
        results.write(f"drawn/{run}/pictures.json", json.dumps(listing))
    results.dvc("repro", "-q")
    results.commit("results")
    return results


@pytest.fixture
def results(copied_results: Checkout, tmp_path: Path) -> Results:
    """A checkout with results of every run, and an empty DVC remote."""
    results = Results(copied_results.copy(tmp_path / "checkout").root)
    results.write(".dvc/config", REMOTE.format(tmp_path / "remote"))
    results.commit("a remote of its own")
    return results
