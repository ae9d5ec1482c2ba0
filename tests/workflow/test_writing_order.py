"""Entries that a run adds come into the order of the pipeline; what was there stays where it stood."""

import re
from pathlib import Path
from typing import Any

import pytest

from atelier.repository.pipeline import opened
from atelier.repository.writing_order import WritingOrder, ordered

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value will soon raise:DeprecationWarning")


def test_what_was_there_stays_and_strangers_come_last() -> None:
    assert ordered(["z", "c", "stranger", "a"], ["z"], ["a", "b", "c"]) == ["z", "a", "c", "stranger"]
    assert ordered(["c", "b", "a"], ["c", "b", "a"], ["a", "b", "c"]) == ["c", "b", "a"]


def shuffled(text: str, order: list[str]) -> str:
    """A lock with its stages in another order, or only some of them."""
    head, *stages = re.split(r"\n  (?! )", text.rstrip("\n"))
    named = {stage.partition(":")[0]: stage for stage in stages}
    return "\n  ".join([head, *(named[name] for name in order)]) + "\n"


def test_lock_written_in_another_order_becomes_the_serial_one_byte_for_byte(toy: Any) -> None:
    lock = toy.root / "dvc.lock"
    serial = lock.read_text(encoding="utf-8")
    with opened(toy.root) as pipeline:
        lock.unlink()
        order = WritingOrder(pipeline, toy.root / "memory.json")
        lock.write_text(shuffled(serial, ["train@b", "clean", "summary", "score@b", "train@a", "score@a"]))
        assert lock.read_text(encoding="utf-8") != serial
        order.restore()
    assert lock.read_text(encoding="utf-8") == serial


def test_run_that_goes_on_remembers_what_was_there_before_the_interrupted_one(toy: Any) -> None:
    lock, memory = toy.root / "dvc.lock", toy.root / "memory.json"
    serial = lock.read_text(encoding="utf-8")
    order = ["clean", "train@b", "train@a", "score@a", "score@b", "summary"]
    with opened(toy.root) as pipeline:
        lock.unlink()
        WritingOrder(pipeline, memory).remember()
        lock.write_text(shuffled(serial, order[:2]))
        resumed = WritingOrder(pipeline, memory)
        lock.write_text(shuffled(serial, order))
        resumed.restore()
        resumed.done()
    assert lock.read_text(encoding="utf-8") == serial
    assert not memory.exists()


def test_memory_of_another_branch_is_not_believed(toy: Any) -> None:
    lock, memory = toy.root / "dvc.lock", toy.root / "memory.json"
    text = shuffled(lock.read_text(encoding="utf-8"), ["train@b", "train@a"])
    lock.write_text(text)
    memory.write_text(f'{{"{lock}": ["gone"]}}')
    with opened(toy.root) as pipeline:
        WritingOrder(pipeline, memory).restore()
    assert lock.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", ["train@0.1", "train@true", "'3'", '"a: b"', "plain"])
def test_name_that_yaml_quotes_is_read_as_yaml_reads_it(tmp_path: Path, toy: Any, name: str) -> None:
    lock = toy.root / "dvc.lock"
    other = f"  {name}:\n    cmd: x\n"
    head = "schema: '2.0'\nstages:\n"
    clean = "  clean:\n    cmd: |-\n      a\n      b\n"
    with opened(toy.root) as pipeline:
        lock.unlink()
        order = WritingOrder(pipeline, toy.root / "memory.json")
        lock.write_text(head + other + clean)
        order.restore()
    assert lock.read_text(encoding="utf-8") == head + clean + other
