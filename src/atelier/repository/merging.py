"""Three-way merges of the two files that DVC writes and Git tracks: `dvc.lock` and `metrics.json`.

Git merges text line by line. In `dvc.lock` that joins halves of two results into one that nobody computed, or leaves
conflict markers that DVC cannot read. Here a stage's entry is taken whole or left out: a stage without an entry is
stale, so that `dvc repro` runs it or takes it from the run cache, and DVC finds what follows from it by hashes.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import eq
from typing import Any, Literal, NamedTuple

# DVC indents by two, and what belongs to a stage lies deeper.
_SECTION = re.compile(r"(\w+):(?: .*)?\n")
_STAGE = re.compile(r"  ([^\s?:-].*):\n")
_ABSENT = object()

Reason = Literal["changed on both sides", "removed here, changed there", "changed here, removed there"]


class Stale(NamedTuple):
    """A stage whose entry left the lock, and which side had changed or removed it."""

    stage: str
    reason: Reason

    def __str__(self) -> str:
        return f"{self.stage}: {self.reason}, so its entry is left out; `dvc repro` runs it if it is still a stage"


@dataclass(frozen=True)
class _Lock:
    """The text of a lock, cut where a top-level key or a stage begins. Equal text needs no reading."""

    side: str
    sections: Mapping[str, str]
    stages: Mapping[str, str]


def merge_locks(base: str, ours: str, theirs: str) -> tuple[str, list[Stale]]:
    """Merge the text of three `dvc.lock` files, stage by stage.

    What one side changed, added or removed is taken from that side. Where both did, and not alike, the entry is left
    out. Entries stay in the order of `ours`, followed by those that only `theirs` has: DVC appends new ones.

    Args:
        base: the common ancestor; empty where both sides made the file.
        ours, theirs: the two sides.

    Returns:
        The merged text, byte by byte as DVC would write these entries, and the stages that are stale now.

    Raises:
        ValueError: a side is not a lock as DVC writes it, or both changed something else than stages.
    """
    locks = before, here, there = _cut(base, "base"), _cut(ours, "ours"), _cut(theirs, "theirs")
    for lock in locks:
        _require_readable(
            lock, [name for name, text in lock.stages.items() if any(o.stages.get(name) != text for o in locks)]
        )
    sections = _merged_sections(before, here, there)
    stages: dict[str, str] = {}
    stale: list[Stale] = []
    for name in dict.fromkeys([*here.stages, *there.stages]):
        texts = before.stages.get(name), here.stages.get(name), there.stages.get(name)
        taken = _taken(*texts)
        if taken is None:
            stale.append(Stale(name, _reason(*texts[1:])))
        elif (text := texts[taken]) is not None:
            stages[name] = text
    sections["stages"] = "stages:\n" + "".join(stages.values()) if stages else "stages: {}\n"
    return "".join(sections.values()), stale


def merge_metrics(base: str, ours: str, theirs: str) -> tuple[str, list[str]]:
    """Merge the text of three `metrics.json` files, number by number.

    Where both sides changed a number, and not alike, ours is kept: which of the two is right only the stage that wrote
    it can say, whose entry in `dvc.lock` both sides changed as well.

    Args:
        base: the common ancestor; empty where both sides made the file.
        ours, theirs: the two sides.

    Returns:
        The merged text as `summarize` writes JSON, and the dotted names of what both had changed.

    Raises:
        ValueError: a side is not a JSON object without NaN or infinities.
    """
    before, here, there = (
        _object(text, side) for text, side in ((base or "{}", "base"), (ours, "ours"), (theirs, "theirs"))
    )
    both: list[str] = []
    merged = _merged(before, here, there, "", both)
    return json.dumps(merged, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n", both


def _taken(base: Any, ours: Any, theirs: Any, *, same: Callable[[Any, Any], bool] = eq) -> int | None:
    """The place among the three of what both sides agree on or one of them changed; None where they disagree."""
    if same(ours, theirs) or same(theirs, base):
        return 1
    return 2 if same(ours, base) else None


def _reason(ours: str | None, theirs: str | None) -> Reason:
    if ours is None:
        return "removed here, changed there"
    return "changed here, removed there" if theirs is None else "changed on both sides"


def _cut(text: str, side: str) -> _Lock:
    sections: dict[str, str] = {}
    stages: dict[str, str] = {}
    section = stage = ""
    for number, line in enumerate(re.findall(r".*\n|.+$", text), 1):
        found = _SECTION.fullmatch(line)
        if found and found[1] not in sections:
            section, stage = found[1], ""
            sections[section] = line
            continue
        inner = _STAGE.fullmatch(line) if section == "stages" else None
        if inner and _name(inner[1]) not in stages:
            stage = _name(inner[1])
            stages[stage] = line
        elif stage and line.startswith(("    ", "\n")):
            stages[stage] += line
        elif section and section != "stages" and line[0] in " -\n":
            sections[section] += line
        else:
            raise ValueError(
                f"{side}: line {number} is {line.strip()!r}, which does not belong there in a lock of DVC's"
            )
    if text and (sections.get("schema") != "schema: '2.0'\n" or sections.get("stages", "stages:\n")[7:].strip(" {}\n")):
        raise ValueError(f"{side}: not a lock of schema '2.0', the one that DVC 3 writes")
    return _Lock(side, sections, stages)


def _name(key: str) -> str:
    """A stage's name without the quotes that YAML may need."""
    return key[1:-1] if key[0] in "'\"" and key[-1] == key[0] else key


def _require_readable(lock: _Lock, names: list[str]) -> None:
    """Raise `ValueError` where DVC could not read one of these entries."""
    if not names:
        return
    # Imported here: DVC takes a third of a second to load, which `atelier --help` must not wait for.
    from dvc.exceptions import DvcException
    from dvc.schema import COMPILED_LOCK_FILE_STAGE_SCHEMA
    from dvc.utils.serialize import parse_yaml
    from voluptuous import Invalid

    for name in names:
        try:
            (entry,) = parse_yaml(lock.stages[name], name).values()
            COMPILED_LOCK_FILE_STAGE_SCHEMA(entry)
        except (DvcException, Invalid) as error:
            raise ValueError(f"{lock.side}: the entry of {name} is none that DVC can read: {error}") from None


def _merged_sections(base: _Lock, ours: _Lock, theirs: _Lock) -> dict[str, str]:
    """All top-level keys; the place of `stages` is kept for what is merged from it."""
    merged: dict[str, str] = {}
    for key in dict.fromkeys([*ours.sections, *theirs.sections]):
        texts = base.sections.get(key), ours.sections.get(key), theirs.sections.get(key)
        taken = 1 if key == "stages" else _taken(*texts)
        if taken is None:
            raise ValueError(f"both sides changed {key!r}, which is no stage: merge it by hand")
        if (text := texts[taken]) is not None or key == "stages":
            merged[key] = text or ""
    return {"schema": "schema: '2.0'\n"} | merged


def _object(text: str, side: str) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise ValueError(f"{side}: {constant} is no finite number")

    try:
        value = json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"{side}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{side}: a JSON object is expected, not {text.strip()[:40]!r}")
    return value


def _merged(base: Any, ours: Any, theirs: Any, path: str, both: list[str]) -> Any:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        before = base if isinstance(base, dict) else {}
        merged = {}
        for key in dict.fromkeys([*ours, *theirs]):
            sides = before.get(key, _ABSENT), ours.get(key, _ABSENT), theirs.get(key, _ABSENT)
            value = _merged(*sides, f"{path}.{key}" if path else key, both)
            if value is not _ABSENT:
                merged[key] = value
        return merged
    taken = _taken(base, ours, theirs, same=_same)
    if taken is None:
        both.append(path)
    return theirs if taken == 2 else ours


def _same(one: Any, other: Any) -> bool:
    """Equal, and of one kind: 1, 1.0 and true are three values in JSON, one in Python."""
    if one is _ABSENT or other is _ABSENT:
        return one is other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
