"""Which stages start: slots are respected, the longest path comes first, equals keep their order."""

import re

import pytest

from atelier.workflow.running.machine import memory
from atelier.workflow.running.scheduling import Machine, Slots, declared, expected_seconds, priorities, startable

MACHINE = Machine(cpu=4, gpu=1, memory=8)
NO_GPU = Machine(cpu=4, gpu=0, memory=8)


def start(ready: list[str], asked: dict[str, Slots], running: tuple[Slots, ...] = (), machine: Machine = MACHINE):
    return startable(ready, running, asked, machine, dict.fromkeys(ready, (1.0, 1.0)))


def test_as_many_start_as_fit() -> None:
    asked = {name: Slots(cpu=2) for name in "abc"}
    assert start(["a", "b", "c"], asked) == ["a", "b"]
    assert start(["c"], asked, (asked["a"], asked["b"])) == []
    assert start(["c"], asked, (asked["a"],)) == ["c"]


@pytest.mark.parametrize("slots", [Slots(memory=5), Slots(gpu=1), Slots(cpu=3)])
def test_each_kind_of_slot_keeps_two_apart(slots: Slots) -> None:
    assert start(["a", "b"], {"a": slots, "b": slots}) == ["a"]


@pytest.mark.parametrize("slots", [Slots(cpu=5), Slots(gpu=2), Slots(memory=8.5)])
def test_stage_that_asks_for_more_than_there_is_runs_alone(slots: Slots) -> None:
    asked = {"big": slots, "small": Slots()}
    assert start(["big", "small"], asked) == ["big"]
    assert start(["big"], asked, (Slots(),)) == []
    assert start(["small"], asked, (slots,)) == []


def test_gpu_is_asked_for_only_where_there_is_one() -> None:
    asked = {"a": Slots(gpu=1), "b": Slots(gpu=1)}
    assert start(["a", "b"], asked, machine=NO_GPU) == ["a", "b"]
    assert start(["a", "b"], asked) == ["a"]


def test_smaller_stage_starts_where_one_of_higher_priority_does_not_fit() -> None:
    asked = {"big": Slots(cpu=3), "small": Slots(cpu=1), "running now": Slots(cpu=2)}
    priority = {"big": (9.0, 9.0), "small": (1.0, 1.0)}
    assert startable(["small", "big"], [asked["running now"]], asked, MACHINE, priority) == ["small"]
    assert startable(["small", "big"], [], asked, MACHINE, priority) == ["big", "small"]


def test_longest_path_comes_first_then_the_most_work_and_then_the_order_of_the_pipeline() -> None:
    upstream = {"a": [], "a2": ["a"], "b": [], "c": [], "c1": ["c"], "c2": ["c"], "d": []}
    priority = priorities(upstream, dict.fromkeys(upstream, 1.0))
    assert priority["a"] == (2.0, 2.0)
    assert priority["c"] == (2.0, 3.0)
    assert startable(["a", "b", "c", "d"], [], dict.fromkeys(upstream, Slots()), MACHINE, priority) == [
        "c",
        "a",
        "b",
        "d",
    ]


def test_priority_counts_work_shared_by_two_paths_once() -> None:
    upstream = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
    assert priorities(upstream, {"a": 1, "b": 2, "c": 5, "d": 3})["a"] == (9, 11)


def test_unknown_times_are_those_of_similar_stages() -> None:
    seconds = {"train@a": 10.0, "train@b": 30.0, "report": 2.0}
    assert expected_seconds(["train@a", "train@c", "other"], seconds) == {
        "train@a": 10.0,
        "train@c": 20.0,
        "other": 10.0,
    }
    assert expected_seconds(["x"], {}) == {"x": 1.0}


def test_list_schedule_of_two_chains_on_two_cores_takes_as_long_as_the_longest() -> None:
    upstream = {"a1": [], "a2": ["a1"], "a3": ["a2"], "b1": [], "c1": [], "d1": []}
    cost = {"a1": 2.0, "a2": 2.0, "a3": 2.0, "b1": 2.0, "c1": 2.0, "d1": 2.0}
    asked, priority = dict.fromkeys(upstream, Slots()), priorities(upstream, cost)
    done: set[str] = set()
    rounds = []
    while len(done) < len(upstream):
        ready = [name for name, before in upstream.items() if name not in done and set(before) <= done]
        rounds.append(startable(ready, [], asked, Machine(2, 0, 8), priority))
        done |= set(rounds[-1])
    assert rounds == [["a1", "b1"], ["a2", "c1"], ["a3", "d1"]]


def test_slots_come_from_meta() -> None:
    assert declared({"slots": {"cpu": 2, "memory": 3}, "other": 1}, "train@a") == Slots(cpu=2, gpu=0, memory=3)
    assert declared(None, "train@a") == declared({}, "train@a") == Slots(cpu=1, gpu=0, memory=0)


@pytest.mark.parametrize(
    ("slots", "line"),
    [
        ({"cpu": 0}, r"dvc.yaml: train@a.meta.slots.cpu: got 0; allowed is a whole number at least 1"),
        ({"cores": 2}, r"dvc.yaml: train@a.meta.slots.cores: got 2; unknown key, known are: cpu, gpu, memory"),
        ({"memory": "2 GB"}, r"dvc.yaml: train@a.meta.slots.memory: got '2 GB'; allowed is a number at least 0"),
    ],
)
def test_slip_in_slots_is_one_line(slots: dict[str, object], line: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(line)}$"):
        declared({"slots": slots}, "train@a")


def test_this_machine_has_memory() -> None:
    assert memory() > 0.1
