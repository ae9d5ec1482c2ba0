"""Rewriting a YAML text changes values and nothing else."""

from typing import Any

import pytest

from atelier.params import document
from atelier.params.rewriting import rewrite

YAML = """\
# At the top.

datasets:  # after a key
  mnist:
    size: 100   # after a value
    # above a key
    widths:
      - 16
      - 32  # after an item
    none: []

# Above a section.
runs:
  # Above the first run.
  one:
    rate: 0.001
    name: 'quoted'

  # Above the second run.
  two:
    rate: 0.002
# At the end.
"""


def content() -> dict[str, Any]:
    data: dict[str, Any] = document.load(YAML, "")
    return data


def test_equal_values_change_nothing() -> None:
    assert rewrite(YAML, content()) == YAML


def test_changed_value_changes_its_own_characters_only() -> None:
    data = content()
    data["datasets"]["mnist"]["size"] = 7
    assert rewrite(YAML, data) == YAML.replace("100", "7")


def test_integer_becomes_a_float() -> None:
    data = content()
    data["datasets"]["mnist"]["size"] = 100.0
    assert rewrite(YAML, data) == YAML.replace("100", "100.0")


def test_block_list_stays_a_block_list() -> None:
    data = content()
    data["datasets"]["mnist"]["widths"] = [8, 16, 24]
    assert "    widths:\n      - 8\n      - 16\n      - 24  # after an item\n    none" in rewrite(YAML, data)


def test_list_can_become_empty_and_empty_list_can_be_filled() -> None:
    data = content()
    data["datasets"]["mnist"] |= {"widths": [], "none": [1, 2]}
    changed = rewrite(YAML, data)
    assert document.load(changed, "") == data
    assert "# above a key" in changed


def test_added_run_has_the_position_of_the_target() -> None:
    data = content()
    data["runs"] = {"one": data["runs"]["one"], "between": {"rate": 0.5, "widths": [1]}, "two": data["runs"]["two"]}
    added = "\n  between:\n    rate: 0.5\n    widths:\n      - 1\n"
    assert rewrite(YAML, data) == YAML.replace("'quoted'\n", "'quoted'\n" + added)


def test_runs_added_at_one_position_keep_their_order() -> None:
    data = content()
    data["runs"]["two"]["last"] = 1
    data["runs"] |= {"b": {"x": 1}, "a": {"x": 2}}
    lines = rewrite(YAML, data).splitlines()
    assert lines[-8:] == ["    last: 1", "", "  b:", "    x: 1", "", "  a:", "    x: 2", "# At the end."]


def test_adding_and_removing_gives_the_same_bytes() -> None:
    data = content()
    data["runs"] |= {"three": {"rate": 0.5}}
    data["datasets"] |= {"imdb": {"size": 1}}
    assert rewrite(rewrite(YAML, data), content()) == YAML


def test_comment_above_a_removed_run_is_removed() -> None:
    data = content()
    del data["runs"]["two"]
    changed = rewrite(YAML, data)
    assert "Above the second run" not in changed
    assert "Above the first run" in changed
    assert changed.endswith("'quoted'\n# At the end.\n")


def test_removing_every_entry_leaves_an_empty_mapping() -> None:
    data = content() | {"runs": {}}
    assert document.load(rewrite(YAML, data), "") == data


def test_empty_value_can_be_filled() -> None:
    assert rewrite("a:\nb: 1\n", {"a": {"c": [1]}, "b": 1}) == "a:\n  c:\n    - 1\nb: 1\n"
    assert rewrite("a:\nb: 1\n", {"a": "yes", "b": 1}) == "a: yes\nb: 1\n"


def test_flow_mapping_becomes_a_block() -> None:
    assert rewrite("a: {b: 1}  # why\n", {"a": {"b": 2}}) == "a:\n  b: 2  # why\n"


def test_missing_last_newline_is_added() -> None:
    assert rewrite("a: 1", {"a": 2}) == "a: 2\n"


@pytest.mark.parametrize("broken", ["", "- 1\n", "{a: 1}\n"])
def test_text_that_is_not_a_block_mapping_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="not a YAML mapping in block style"):
        rewrite(broken, {"a": 1})


def test_value_with_an_anchor_is_refused() -> None:
    with pytest.raises(ValueError, match="anchors"):
        rewrite("a: &x\n  b: 1\nc: *x\n", {"a": {"b": 2}, "c": {"b": 1}})
