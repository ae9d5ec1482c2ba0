"""Gates find worse numbers beyond their noise, and collapse, and compare only what is comparable."""

import math
from typing import Any

import pytest

from atelier.params.strict import ParamsError
from atelier.workflow.results import gate_file, gates
from atelier.workflow.results.gate_file import Gate
from atelier.workflow.results.states import State

GATES = {
    "modalities": {
        "images": {
            "fd": {"better": "lower", "relative": 0.25, "beside": {"metric": "fd_ceiling", "most": 1}},
            "kid": {"better": "lower", "deviations": 2},
            "recall": {"better": "higher", "errors": 3},
            "coverage": {"better": "higher", "absolute": 0.1, "least": 0.02},
            "flip_rate_*": {"better": "higher", "absolute": 0.1},
        }
    },
    "families": {
        "vae": {"loss": {"better": "lower", "relative": 0.02, "same": ["train.likelihood"]}},
        "gan": {"fd": {"relative": 0.5}},
    },
}
NUMBERS = {
    "fd": 5.2, "fd_ceiling": 40.0, "kid": 0.5, "kid_std": 0.03, "recall": 0.5, "coverage": 0.6, "loss": 100.0,
    "samples": 100, "flip_rate_smiling": 0.8,
}  # fmt: skip


NOTHING = State({}, {})


def params(**changes: Any) -> dict[str, Any]:
    run = {"dataset": "d", "modality": "images", "family": "vae", "train": {"likelihood": "gaussian"}, "evaluate": {}}
    return {"datasets": {"d": {"train": 10}}, "judges": {"d": {"seed": 1}}, "runs": {"run": run | changes}}


def state(given: dict[str, Any] | None = None, **numbers: Any) -> State:
    return State({"run": NUMBERS | numbers}, given or params())


def failures(now: State, before: State = NOTHING, **more: Any) -> list[str]:
    known = gate_file.check(GATES | more)
    return [str(failure) for failure in gates.check(now, before, known, "main", ["run"]).failures]


def test_nothing_fails_beside_itself() -> None:
    assert failures(state(), state()) == []


def test_a_score_that_is_worse_by_more_than_its_noise_fails() -> None:
    assert failures(state(fd=9.1), state()) == ["run: fd 9.1 is worse than main's 5.2 by more than 25 %"]


@pytest.mark.parametrize(
    ("metric", "value"), [("fd", 6.4), ("fd", 1.0), ("kid", 0.58), ("recall", 0.3), ("loss", 101.9)]
)
def test_a_score_that_is_better_or_within_its_noise_passes(metric: str, value: float) -> None:
    assert failures(state(**{metric: value}), state()) == []


def test_noise_that_a_run_measured_itself_counts_on_both_sides() -> None:
    # 2 · √(0.03² + 0.03²) = 0.0849
    assert failures(state(kid=0.584), state()) == []
    assert failures(state(kid=0.586), state()) == [
        "run: kid 0.586 is worse than main's 0.5 by more than 2 standard deviations (0.085)"
    ]


def test_noise_of_a_share_falls_with_the_number_of_samples() -> None:
    assert failures(state(recall=0.31), state()) == []
    assert failures(state(recall=0.31, samples=1000), state(samples=1000)) == [
        "run: recall 0.31 is worse than main's 0.5 by more than 3 standard errors (0.065)"
    ]


def test_of_several_measures_of_noise_the_most_generous_counts() -> None:
    gate = Gate(better="lower", relative=0.1, absolute=2.0)
    assert gates.noise("fd", gate, {"fd": 1.0}, {"fd": 5.0}) == (2.0, "2")
    assert gates.noise("fd", gate, {"fd": 1.0}, {"fd": 50.0}) == (5.0, "10 %")


def test_collapse_fails_without_another_commit() -> None:
    assert failures(state(coverage=0.01)) == ["run: coverage 0.01 is below 0.02, the least allowed"]


def test_a_score_beyond_its_ceiling_fails() -> None:
    assert failures(state(fd=41.0)) == ["run: fd 41 is above fd_ceiling, 40"]


def test_a_bound_may_be_a_multiple_of_people_s_number_or_lie_above_it() -> None:
    given = {"runs": {"run": {"metrics": {
        "distinct_2": {"better": "neither", "beside": {"metric": "human_distinct_2", "least": 0.5}},
        "rep_4": {"better": "neither", "beside": {"metric": "human_rep_4", "above": 0.15}},
    }}}}  # fmt: skip
    human = {"human_distinct_2": 0.3, "human_rep_4": 0.0}
    assert failures(state(distinct_2=0.16, rep_4=0.1, **human), **given) == []
    assert failures(state(distinct_2=0.14, rep_4=0.2, **human), **given) == [
        "run: distinct_2 0.14 is below 0.5 × human_distinct_2, 0.15",
        "run: rep_4 0.2 is above human_rep_4 + 0.15, 0.15",
    ]


def test_a_bound_without_the_number_that_sets_it_fails() -> None:
    numbers = {metric: value for metric, value in NUMBERS.items() if metric != "fd_ceiling"}
    now = State({"run": numbers}, params())
    assert failures(now) == ["run: fd 5.2 cannot be checked: fd_ceiling is not a number"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, "5", True])
def test_what_is_no_number_fails_once_and_is_compared_with_nothing(value: object) -> None:
    assert failures(state(fd=value), state()) == [f"run: fd is {value!r}, not a finite number"]


def test_even_a_metric_without_a_gate_has_to_be_a_number() -> None:
    assert failures(state(unheard_of=math.nan)) == ["run: unheard_of is nan, not a finite number"]


def test_a_metric_that_is_gone_fails() -> None:
    numbers = {metric: value for metric, value in NUMBERS.items() if metric != "recall"}
    assert failures(State({"run": numbers}, params()), state()) == ["run: recall is missing; main has it"]


def test_other_data_judge_or_evaluation_do_not_compare_and_bounds_hold_all_the_same() -> None:
    for section, other in (("datasets", {"d": {"prepare": {"seed": 2}}}), ("judges", {"d": {"gauge": {"seed": 2}}})):
        now = state(params() | {section: other}, fd=30.0, coverage=0.01)
        assert failures(now, state()) == ["run: coverage 0.01 is below 0.02, the least allowed"]
    assert failures(state(params(evaluate={"samples": 9}), fd=30.0), state()) == []


def test_a_loss_compares_within_its_likelihood_only() -> None:
    other = params(train={"likelihood": "bernoulli"})
    assert failures(state(other, loss=500.0), state()) == []
    assert failures(state(other, loss=500.0, fd=9.1), state()) == [
        "run: fd 9.1 is worse than main's 5.2 by more than 25 %"
    ]


def test_a_family_and_a_run_refine_what_stands_above_them_key_by_key() -> None:
    gan = params(family="gan")
    assert failures(state(gan, fd=7.0), state(gan)) == []
    assert failures(state(gan, fd=50.0), state(gan, fd=49.0)) == ["run: fd 50 is above fd_ceiling, 40"]
    tight = {"runs": {"run": {"metrics": {"fd": {"relative": 0.1}}}}}
    assert failures(state(fd=6.0), state(), **tight) == ["run: fd 6 is worse than main's 5.2 by more than 10 %"]


def test_what_is_exempt_is_noted_with_its_reason() -> None:
    given = {"runs": {"run": {"metrics": {"coverage": {"exempt": "two latents"}}}}}
    report = gates.check(state(coverage=0.0), state(), gate_file.check(GATES | given), "main", ["run"])
    assert (report.failures, report.notes) == ([], ["run: coverage is exempt: two latents"])
    whole = {"runs": {"run": {"exempt": "a sketch"}}}
    assert failures(state(fd=99.0), state(), **whole) == []
    assert failures(state(fd=math.nan), state(), **whole) == ["run: fd is nan, not a finite number"]


def test_a_pattern_stands_for_every_metric_that_begins_so() -> None:
    assert failures(state(flip_rate_smiling=0.6), state()) == [
        "run: flip_rate_smiling 0.6 is worse than main's 0.8 by more than 0.1"
    ]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"modality": {}}, "gates.yaml: got 'modality'; allowed are: modalities, families, runs"),
        ({"families": {"gna": {}}}, "families: got 'gna'; allowed are: "),
        ({"runs": {"r": {"metrics": {"fd": {"relative": -1}}}}}, "runs.r.metrics.fd.relative: got -1; allowed is"),
        ({"runs": {"r": {"metrics": {"fd": {"better": "up"}}}}}, "runs.r.metrics.fd.better: got 'up'; allowed is"),
        (
            {"runs": {"r": {"metrics": {"fd": {"beside": {"most": 1}}}}}},
            "runs.r.metrics.fd.beside: allowed is a metric",
        ),
        ({"runs": {"r": {"metrics": {"fd": {"exempt": ""}}}}}, "runs.r.metrics.fd.exempt: got ''"),
        ({"runs": {"r": {"exempt": None}}}, "runs.r.exempt: got nothing; allowed is "),
        ({"runs": {"r": {"fd": {}}}}, "runs.r: got 'fd'; allowed are: exempt, metrics"),
        ({"runs": ["r"]}, "runs: got ['r']; allowed is a mapping"),
    ],
)
def test_a_slip_in_the_file_names_the_key_and_what_is_allowed(given: dict[str, Any], line: str) -> None:
    with pytest.raises(ParamsError) as caught:
        gate_file.check(given)
    assert str(caught.value).startswith(line)


def test_gates_that_are_not_whole_say_what_is_missing() -> None:
    with pytest.raises(ParamsError, match="fd of run: better is missing"):
        failures(state(), runs={"run": {"metrics": {"fd": {"relative": 1.0}}}}, modalities={}, families={})
    with pytest.raises(ParamsError, match="its noise is missing; allowed is one or more of: relative, absolute"):
        failures(state(), runs={"run": {"metrics": {"recall": {"better": "higher"}}}}, modalities={}, families={})
