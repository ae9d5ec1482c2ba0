"""`atelier check` prints one line for each failure, and its exit status says whether there is any."""

import json

import pytest
import yaml
from checkout import ROOT
from copied_results import Results

from atelier.params import profiles
from atelier.report import glossary
from atelier.workflow.results import gate_file, gates
from atelier.workflow.results.states import State


def failures(results: Results, *options: str) -> list[str]:
    done = results.atelier("check", *options, "--json", status=1)
    return [f"{failure['where']}: {failure['text']}" for failure in json.loads(done.stdout)["failures"]]


def test_results_pass_beside_themselves(results: Results) -> None:
    assert results.atelier("check").stdout.splitlines()[-1].endswith("against main: all pass")


def test_committed_metrics_pass_beside_themselves() -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    state = State(json.loads((ROOT / "metrics.json").read_text(encoding="utf-8")), params)
    report = gates.check(state, state, gate_file.read(ROOT / "gates.yaml"), "main", params["runs"])
    assert report.failures == []
    assert report.held > 50


def test_gates_agree_with_the_glossary_on_which_way_is_better() -> None:
    held = gate_file.read(ROOT / "gates.yaml")
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    metrics = json.loads((ROOT / "metrics.json").read_text(encoding="utf-8"))
    for run, numbers in metrics.items():
        own = held.of_section(run, params["runs"][run])
        for metric in set(numbers) - glossary.companions(set(numbers)):
            gate, better = gate_file.find(own, metric), glossary.term(metric).better
            # A longest copy is better when shorter, but one lucky span decides it.
            if metric != "longest_copy":
                assert (gate.better if gate else "neither") == better, f"{run}: {metric}"


def test_every_run_that_gates_name_is_one_of_a_profile() -> None:
    every = {
        run for name in profiles.names(ROOT / "profiles") for run in profiles.resolve(ROOT / "profiles", name)["runs"]
    }
    held = gate_file.read(ROOT / "gates.yaml")
    assert set(held.runs) <= every


def test_worse_number_is_shown_with_both_values_and_its_noise(results: Results) -> None:
    results.set_number("mnist-vae", "fd", 40.0, "numbers.json")
    results.dvc("repro", "-q")
    line = "mnist-vae: fd 40 is worse than main's 19.77 by more than 25 %"
    assert failures(results) == [line]
    assert results.atelier("check", status=1).stdout.splitlines()[0] == line
    results.commit("worse")
    # Now main has the same number.
    results.atelier("check")
    results.atelier("check", "--against", "HEAD~1", status=1)


def test_default_is_what_the_team_has(results: Results) -> None:
    results.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert "against origin/main" in results.atelier("check").stdout


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "fd is nan, not a finite number"),
        (float("inf"), "fd is inf, not a finite number"),
        ("1.0", "fd is '1.0', not a finite number"),
        (True, "fd is True, not a finite number"),
    ],
)
def test_metric_that_is_no_number_fails(results: Results, value: float, text: str) -> None:
    results.set_number("mnist-vae", "fd", value)
    assert f"mnist-vae: {text}" in failures(results)


def test_run_without_metrics_and_metrics_without_run_fail(results: Results) -> None:
    numbers = results.numbers()
    numbers["stranger"] = numbers.pop("mnist-vae")
    results.write("metrics.json", json.dumps(numbers))
    found = failures(results)
    assert any(line.startswith("mnist-vae: no metrics") for line in found)
    assert any(line.startswith("stranger: in metrics.json but not in params.yaml") for line in found)


def test_metrics_edited_by_hand_are_found(results: Results) -> None:
    results.set_number("mnist-vae", "fd", 1.0)
    assert failures(results) == ["summarize: metrics.json differs from dvc.lock; run: dvc repro"]


def test_output_that_is_nowhere_fails_and_one_in_the_cache_does_not(results: Results) -> None:
    results.remove("data/samples/mnist-vae")
    results.atelier("check")
    results.remove(".dvc/cache")
    (line,) = failures(results)
    assert line.startswith("sample@mnist-vae: data/samples/mnist-vae as in dvc.lock is neither in the workspace")
    # Whoever committed that lock has pushed them.
    results.atelier("check", "--allow-missing")
    # Another run does not need it.
    results.atelier("check", "imdb-lm")


def test_stage_that_the_lock_lacks_fails(results: Results) -> None:
    more = "  other:\n    cmd: cp numbers.json other.json\n    deps: [numbers.json]\n    outs: [other.json]\n"
    results.write("dvc.yaml", results.read("dvc.yaml") + more)
    assert failures(results) == ["other: not in dvc.lock; run: dvc repro other"]


def test_new_run_skips_only_the_comparison(results: Results) -> None:
    numbers = results.numbers("numbers.json")
    del numbers["mnist-vae"]
    results.write("metrics.json", json.dumps(numbers))
    results.commit("before there was such a run")
    results.git("branch", "earlier")
    results.git("checkout", "-q", "HEAD~1", "--", "metrics.json")
    assert "mnist-vae: new: earlier has no numbers" in results.atelier("check", "--against", "earlier").stdout
    results.set_number("mnist-vae", "coverage", 0.001)
    assert "mnist-vae: coverage 0.001 is below 0.02, the least allowed" in failures(results, "--against", "earlier")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--against", "nowhere"), "no commit 'nowhere'"),
        (("--against=--all",), "no commit '--all'"),
        (("stranger",), "no 'stranger' in runs of params.yaml"),
    ],
)
def test_unknown_name_is_one_line(results: Results, options: tuple[str, ...], said: str) -> None:
    assert said in results.refusal("check", *options)


def test_invalid_gates_are_one_line(results: Results) -> None:
    results.write("gates.yaml", "modalities: {images: {fd: {beter: lower}}}\n")
    assert results.refusal("check").startswith("modalities.images.fd.beter: got 'lower'; ")


def test_outside_of_git_there_is_nothing_to_compare_with(results: Results) -> None:
    results.remove(".git")
    assert "has no commit to compare with" in results.refusal("check")
