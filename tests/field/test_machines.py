"""Last digits that depend on the machine: no difference is shown for them, and a difference names the machine."""

import json
from typing import Any

import pytest
from copied_results import Results

from atelier.training import machine

EVALUATE = """
  evaluate:
    foreach: ${runs}
    do:
      cmd: mkdir data/evaluations/${key} && cp drawn/${key}/machine.json data/evaluations/${key}
      deps:
        - drawn/${key}/machine.json
      outs:
        - data/evaluations/${key}
"""
HERE = {"processor": "Intel", "gpus": [], "system": "Linux", "backend": "tensorflow 2", "cores": 2, "variables": {}}


def evaluated_on(results: Results, run: str, **facts: Any) -> None:
    results.write(f"drawn/{run}/machine.json", json.dumps(HERE | facts))


@pytest.fixture
def evaluated(results: Results) -> Results:
    """The results, each with the machine that evaluated it."""
    results.write("dvc.yaml", results.read("dvc.yaml").rstrip() + EVALUATE)
    for run in results.numbers():
        evaluated_on(results, run)
    (results.root / "data/evaluations").mkdir(parents=True, exist_ok=True)
    results.dvc("repro", "-q")
    results.commit("evaluated")
    return results


def test_last_digits_are_no_difference(evaluated: Results):
    for metric, value in evaluated.numbers()["mnist-vae"].items():
        evaluated.set_number("mnist-vae", metric, value * (1 + 5e-7), "numbers.json")
    evaluated.dvc("repro", "-q")
    said = evaluated.atelier("compare", "--markdown").stdout
    assert "fd" not in said
    assert "moved" not in said


def test_another_machine_or_variable_is_named_where_numbers_differ(evaluated: Results):
    evaluated_on(evaluated, "mnist-vae", processor="AMD", variables={"OPENBLAS_CORETYPE": "Haswell"}, cores=64)
    evaluated_on(evaluated, "imdb-lm", processor="AMD")
    floor = evaluated.numbers()["mnist-vae"]["fd_floor"]
    evaluated.set_number("mnist-vae", "fd_floor", floor * 1.01, "numbers.json")
    evaluated.dvc("repro", "-q")
    note = "Evaluated elsewhere: processor Intel → AMD, OPENBLAS_CORETYPE not set → Haswell."
    for options in ([], ["--markdown"]):
        said = evaluated.atelier("compare", *options).stdout
        assert said.replace("\\", "").count(note) == 1
        assert said.count("elsewhere") == 1


def test_machine_lists_the_variables_that_choose_numerics(monkeypatch: pytest.MonkeyPatch):
    for name in ("OPENBLAS_CORETYPE", "TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "OMP_NUM_THREADS", "MY_SECRET"):
        monkeypatch.setenv(name, "1")
    described = machine.describe()["variables"]
    assert isinstance(described, dict)
    assert {"OPENBLAS_CORETYPE", "TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "OMP_NUM_THREADS"} <= set(described)
    assert "MY_SECRET" not in described
