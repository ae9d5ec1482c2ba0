"""`atelier check` tells what does not hold, one line each, and its status says whether all does."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from atelier.cli.main import main
from atelier.params import profiles
from atelier.report import glossary
from atelier.repository import gate_file, gates

ROOT = Path(__file__).parents[2]


def check(*options: str) -> Result:
    return CliRunner().invoke(main, ["check", *options])


def failures(*options: str) -> list[str]:
    result = check(*options, "--json")
    assert result.exit_code == 1, result.output
    return [f"{failure['where']}: {failure['text']}" for failure in json.loads(result.output)["failures"]]


def test_results_pass_beside_themselves(results) -> None:
    result = check()
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1].endswith("held against main: all pass")


def test_committed_metrics_pass_beside_themselves() -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    state = gates.State(json.loads((ROOT / "metrics.json").read_text(encoding="utf-8")), params)
    verdict = gates.check(state, state, gate_file.read(ROOT / "gates.yaml"), "main", params["runs"])
    assert verdict.failures == []
    assert verdict.held > 50


def test_gates_agree_with_the_glossary_on_which_way_is_better() -> None:
    held = gate_file.read(ROOT / "gates.yaml")
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    metrics = json.loads((ROOT / "metrics.json").read_text(encoding="utf-8"))
    for run, numbers in metrics.items():
        own = held.of(run, params["runs"][run]["modality"], params["runs"][run]["family"])
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


def test_worse_number_is_told_with_both_values_and_its_noise(results) -> None:
    results.set_number("mnist-vae", "fd", 40.0, "numbers.json")
    results.dvc("repro", "-q")
    assert failures() == ["mnist-vae: fd 40 is worse than main's 19.77 by more than 25 %"]
    plain = check()
    assert plain.exit_code == 1
    assert plain.output.splitlines()[0] == "mnist-vae: fd 40 is worse than main's 19.77 by more than 25 %"
    results.commit("worse")
    # What main has now is what it is compared with.
    assert check().exit_code == 0
    assert check("--against", "HEAD~1").exit_code == 1


def test_default_is_what_the_team_has(results) -> None:
    results.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert "held against origin/main" in check().output


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "fd is nan, not a finite number"),
        (float("inf"), "fd is inf, not a finite number"),
        ("1.0", "fd is '1.0', not a finite number"),
        (True, "fd is True, not a finite number"),
    ],
)
def test_metric_that_is_no_number_fails(results, value: float, text: str) -> None:
    results.set_number("mnist-vae", "fd", value)
    assert f"mnist-vae: {text}" in failures()


def test_run_without_metrics_and_metrics_without_run_fail(results) -> None:
    numbers = results.numbers()
    numbers["stranger"] = numbers.pop("mnist-vae")
    (results.path / "metrics.json").write_text(json.dumps(numbers), encoding="utf-8")
    told = failures()
    assert any(line.startswith("mnist-vae: no metrics") for line in told)
    assert any(line.startswith("stranger: is in metrics.json but not in params.yaml") for line in told)


def test_metrics_edited_by_hand_are_found(results) -> None:
    results.set_number("mnist-vae", "fd", 1.0)
    assert failures() == ["summarize: metrics.json is not what dvc.lock names; run: dvc repro"]


def test_output_that_is_nowhere_fails_and_one_in_the_cache_does_not(results) -> None:
    subprocess.run(["rm", "-r", "data/samples/mnist-vae"], check=True)
    assert check().exit_code == 0
    subprocess.run(["rm", "-r", ".dvc/cache"], check=True)
    (told,) = failures()
    assert told.startswith("sample@mnist-vae: data/samples/mnist-vae as dvc.lock names it is neither in the workspace")
    # Whoever committed that lock has pushed them.
    assert check("--allow-missing").exit_code == 0
    # Another run is not asked for.
    assert check("imdb-lm").exit_code == 0


def test_stage_that_the_lock_lacks_fails(results) -> None:
    text = (results.path / "dvc.yaml").read_text(encoding="utf-8")
    more = "  other:\n    cmd: cp numbers.json other.json\n    deps: [numbers.json]\n    outs: [other.json]\n"
    (results.path / "dvc.yaml").write_text(text + more, encoding="utf-8")
    assert failures() == ["other: dvc.lock lacks it; run: dvc repro other"]


def test_new_run_skips_only_the_comparison(results) -> None:
    numbers = results.numbers("numbers.json")
    del numbers["mnist-vae"]
    (results.path / "metrics.json").write_text(json.dumps(numbers), encoding="utf-8")
    results.commit("before there was such a run")
    results.git("branch", "earlier")
    results.git("checkout", "-q", "HEAD~1", "--", "metrics.json")
    result = check("--against", "earlier")
    assert result.exit_code == 0
    assert "mnist-vae: new: earlier has no numbers of it to compare with" in result.output
    results.set_number("mnist-vae", "coverage", 0.001)
    assert "mnist-vae: coverage 0.001 is below 0.02, the least" in failures("--against", "earlier")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--against", "nowhere"), "no commit 'nowhere' here"),
        (("--against=--all",), "no commit '--all' here"),
        (("stranger",), "no 'stranger' in runs of params.yaml"),
    ],
)
def test_slip_is_told_in_one_line(results, options: tuple[str, ...], said: str) -> None:
    result = check(*options)
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert said in line


def test_broken_gates_are_told_in_one_line(results) -> None:
    (results.path / "gates.yaml").write_text("modalities: {images: {fd: {beter: lower}}}\n", encoding="utf-8")
    assert check().output.startswith("Error: modalities.images.fd.beter: got 'lower'; no such key here, known are:")


def test_outside_of_git_there_is_nothing_to_compare_with(results) -> None:
    subprocess.run(["rm", "-rf", ".git"], check=True)
    assert "has no commit to compare with" in check().output
