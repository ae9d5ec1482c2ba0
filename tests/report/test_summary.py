"""The metrics of all runs in one file."""

import json
from pathlib import Path

import pytest

from atelier.report import summary


@pytest.fixture
def evaluations(tmp_path: Path) -> Path:
    directory = tmp_path / "evaluations"
    for run, metrics in (("b", '{"fd": 2.5, "coverage": 1}'), ("a", '{"loss": 140}')):
        (directory / run).mkdir(parents=True)
        (directory / run / "metrics.json").write_text(metrics)
    return directory


def gather(evaluations: Path, runs: list[str], edited: tuple[str, ...] = ()) -> summary.Metrics:
    return summary.gather(evaluations, evaluations.with_name("edits"), runs, edited)


def test_metrics_of_an_edit_are_added_to_those_of_its_run(evaluations: Path) -> None:
    (evaluations.with_name("edits") / "a").mkdir(parents=True)
    (evaluations.with_name("edits") / "a" / "metrics.json").write_text('{"flip_rate_smiling": 0.9}')
    assert gather(evaluations, ["a", "b"], ("a",))["a"] == {"flip_rate_smiling": 0.9, "loss": 140}


def test_missing_edit_names_the_stage_that_makes_it(evaluations: Path) -> None:
    with pytest.raises(ValueError, match=r"a/metrics\.json is missing; make it with: dvc repro edit@a$"):
        gather(evaluations, ["a", "b"], ("a",))


def test_runs_and_metrics_are_sorted(evaluations: Path) -> None:
    gathered = gather(evaluations, ["b", "a"])
    assert json.dumps(gathered) == '{"a": {"loss": 140}, "b": {"coverage": 1, "fd": 2.5}}'


def test_gathered_metrics_are_read_back_unchanged(evaluations: Path) -> None:
    path = evaluations / "metrics.json"
    path.write_text(json.dumps(gather(evaluations, ["a", "b"])))
    assert summary.read(path)["b"] == {"coverage": 1, "fd": 2.5}


def test_missing_run_names_the_stage_that_makes_it(evaluations: Path) -> None:
    with pytest.raises(ValueError, match=r"c/metrics\.json is missing; make it with: dvc repro evaluate@c$"):
        gather(evaluations, ["a", "b", "c"])


def test_missing_directory_names_the_stage_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dvc repro evaluate@a"):
        gather(tmp_path / "nowhere", ["a"])


def test_directory_without_a_run_is_an_error(evaluations: Path) -> None:
    with pytest.raises(ValueError, match=r"/b belongs to no run.*rm -r .*/b.*runs are: a$"):
        gather(evaluations, ["a"])


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", '"12"', "null", "true", "[1]"])
def test_metric_that_is_not_a_finite_number_is_an_error(evaluations: Path, value: str) -> None:
    (evaluations / "a" / "metrics.json").write_text(f'{{"loss": {value}}}')
    with pytest.raises(ValueError, match=r"a/metrics\.json: loss: got .*; allowed is a finite number") as caught:
        gather(evaluations, ["a", "b"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["[]", "3", "not JSON", ""])
def test_file_that_is_not_a_mapping_is_an_error(evaluations: Path, content: str) -> None:
    (evaluations / "a" / "metrics.json").write_text(content)
    with pytest.raises(ValueError, match=r"a/metrics\.json"):
        gather(evaluations, ["a", "b"])


def test_missing_summary_names_its_stage(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"metrics\.json is missing; make it with: dvc repro summarize"):
        summary.read(tmp_path / "metrics.json")
