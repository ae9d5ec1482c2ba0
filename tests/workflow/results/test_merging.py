"""`dvc.lock` is merged stage by stage, `metrics.json` number by number; conflicts are never guessed."""

import json
from pathlib import Path

import pytest
from dvc.utils.serialize import dumps_yaml, loads_yaml

from atelier.workflow.results.merging import merge_locks, merge_metrics

ROOT = Path(__file__).parents[3]


def entry(name: str, version: int) -> dict[str, object]:
    digest = f"{version:032x}"
    long = f"python stages/{name}.py --prepared data/prepared/mnist --judge data/judges/mnist --out data/{name}"
    return {
        "cmd": long,
        "deps": [{"path": "src/a.py", "hash": "md5", "md5": digest, "size": 12}],
        "params": {"params.yaml": {"rate": 1e-05, "on": True, "text": "a: 'b'\n\n  c"}},
        "outs": [{"path": f"data/{name}", "hash": "md5", "md5": f"{digest}.dir", "size": 12, "nfiles": 2}],
    }


def lock(**versions: int) -> str:
    """A lock as DVC dumps it: stages in the order given, `train__x` for `train@x`."""
    names = {name.replace("__", "@"): version for name, version in versions.items()}
    return dumps_yaml({"schema": "2.0", "stages": {name: entry(name, version) for name, version in names.items()}})


def merged(base: str, ours: str, theirs: str) -> tuple[str, list[str]]:
    text, stale = merge_locks(base, ours, theirs)
    return text, [f"{one.stage}: {one.reason}" for one in stale]


def test_each_side_keeps_the_stages_that_it_changed():
    base = lock(a=1, train__x=1, train__y=1, z=1)
    result = merged(base, lock(a=1, train__x=2, train__y=1, z=1), lock(a=1, train__x=1, train__y=3, z=1))
    assert result == (lock(a=1, train__x=2, train__y=3, z=1), [])


def test_stage_that_both_sides_changed_is_left_out():
    base = lock(a=1, train__x=1, z=1)
    result = merged(base, lock(a=2, train__x=2, z=1), lock(a=1, train__x=3, z=1))
    assert result == (lock(a=2, z=1), ["train@x: changed on both sides"])


def test_stage_that_both_sides_changed_alike_stays():
    assert merged(lock(a=1), lock(a=2), lock(a=2)) == (lock(a=2), [])


def test_stage_added_by_one_side_stays_and_stands_where_dvc_would_append_it():
    assert merged(lock(a=1), lock(a=1, b=1), lock(a=1, c=1)) == (lock(a=1, b=1, c=1), [])


def test_stage_added_by_both_sides_stays_only_if_they_agree():
    assert merged(lock(a=1), lock(a=1, b=1), lock(a=1, b=1)) == (lock(a=1, b=1), [])
    assert merged(lock(a=1), lock(a=1, b=1), lock(a=1, b=2)) == (lock(a=1), ["b: changed on both sides"])


def test_stage_removed_by_one_side_is_removed():
    assert merged(lock(a=1, b=1), lock(a=1), lock(a=2, b=1)) == (lock(a=2), [])
    assert merged(lock(a=1, b=1), lock(a=2, b=1), lock(a=1)) == (lock(a=2), [])


def test_stage_removed_by_one_side_and_changed_by_the_other_is_left_out():
    assert merged(lock(a=1, b=1), lock(a=1), lock(a=1, b=2)) == (lock(a=1), ["b: removed here, changed there"])
    assert merged(lock(a=1, b=1), lock(a=1, b=2), lock(a=1)) == (lock(a=1), ["b: changed here, removed there"])


def test_locks_without_an_ancestor_are_merged():
    assert merged("", lock(a=1, b=1), lock(b=2, c=3)) == (lock(a=1, c=3), ["b: changed on both sides"])


def test_lock_whose_every_stage_is_stale_is_still_one_that_dvc_reads():
    text, stale = merged(lock(a=1), lock(a=2), lock(a=3))
    assert loads_yaml(text) == {"schema": "2.0", "stages": {}}
    assert text == dumps_yaml({"schema": "2.0", "stages": {}})
    assert stale == ["a: changed on both sides"]
    assert merged(text, lock(a=2), text) == (lock(a=2), [])


def test_committed_lock_merges_to_the_bytes_that_dvc_writes():
    text = (ROOT / "dvc.lock").read_text(encoding="utf-8")
    document = loads_yaml(text)
    first, *_, last = document["stages"]
    ours, theirs = loads_yaml(text), loads_yaml(text)
    ours["stages"][first]["cmd"] += " --here " + "again " * 30
    theirs["stages"][last]["outs"][0]["md5"] = "0" * 32
    document["stages"][first], document["stages"][last] = ours["stages"][first], theirs["stages"][last]
    assert merged(text, dumps_yaml(ours), dumps_yaml(theirs)) == (dumps_yaml(document), [])


def test_datasets_of_one_side_stay_and_of_both_are_refused():
    held = {"schema": "2.0", "datasets": [{"name": "d", "url": "u"}], "stages": {"a": entry("a", 1)}}
    assert merged(lock(a=1), dumps_yaml(held), lock(a=2))[0] == dumps_yaml(held | {"stages": {"a": entry("a", 2)}})
    other = held | {"datasets": [{"name": "d", "url": "v"}]}
    with pytest.raises(ValueError, match="both sides changed 'datasets'"):
        merge_locks(lock(a=1), dumps_yaml(held), dumps_yaml(other))


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("<<<<<<< HEAD\n" + lock(a=1), "theirs: not YAML"),
        (lock(a=1).replace("  a:\n", "  a:\n<<<<<<< HEAD\n"), "theirs: not YAML"),
        (lock(a=1) + lock(a=1), "theirs: not YAML: .*duplicate key"),
        (lock(a=1).replace("'2.0'", "'3.0'"), "theirs: .*schema"),
        (lock(a=1).replace("    cmd:", "    command:"), "theirs: .*required key.*cmd|theirs: .*command"),
        (lock(a=1).replace("    deps:\n", "    deps: [\n"), "theirs: not YAML"),
        ("a: 1\n", "theirs: .*'a'"),
        ("just text\n", "theirs: got 'just text'"),
        ("schema: '2.0'\nstages: 7\n", "theirs: .*stages"),
    ],
)
def test_what_is_no_lock_is_refused_in_one_line(broken: str, words: str):
    with pytest.raises(ValueError, match=words) as caught:
        merge_locks(lock(a=1), lock(a=2), broken)
    assert "\n" not in str(caught.value)


def numbers(**runs: dict[str, float]) -> str:
    return json.dumps(runs, indent=2, sort_keys=True) + "\n"


def test_each_side_keeps_the_numbers_that_it_changed():
    base = numbers(x={"fd": 1.0, "kid": 1.0}, y={"fd": 1.0})
    result = merge_metrics(base, numbers(x={"fd": 2.0, "kid": 1.0}, y={"fd": 1.0}), numbers(x={"fd": 1.0, "kid": 3.0}))
    assert result == (numbers(x={"fd": 2.0, "kid": 3.0}), [])


def test_number_that_both_sides_changed_is_ours_and_is_named():
    base = numbers(x={"fd": 1.0, "kid": 1.0})
    result = merge_metrics(base, numbers(x={"fd": 2.0, "kid": 1.0}), numbers(x={"fd": 3.0, "kid": 4.0}))
    assert result == (numbers(x={"fd": 2.0, "kid": 4.0}), ["x.fd"])


def test_runs_added_by_each_side_stand_sorted_as_summarize_writes_them():
    result = merge_metrics("", numbers(b={"fd": 1.0}), numbers(a={"fd": 2.0}))
    assert result == (numbers(a={"fd": 2.0}, b={"fd": 1.0}), [])


def test_committed_metrics_merge_to_the_bytes_that_summarize_writes():
    text = (ROOT / "metrics.json").read_text(encoding="utf-8")
    changed = text.replace('"active_units": ', '"active_units": 1', 1)
    assert merge_metrics(text, text, changed) == (changed, [])


@pytest.mark.parametrize(
    ("broken", "words"),
    [("<<<<<<<\n{}", "ours: not JSON"), ("[1]", "ours: got .*JSON object"), ('{"x": {"fd": NaN}}', "ours: got NaN")],
)
def test_what_is_no_json_is_refused_in_one_line(broken: str, words: str):
    with pytest.raises(ValueError, match=words) as caught:
        merge_metrics("{}", broken, "{}")
    assert "\n" not in str(caught.value)
