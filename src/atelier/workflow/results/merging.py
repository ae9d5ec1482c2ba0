"""Three-way merges of the two files that DVC writes and Git tracks: `dvc.lock` and `metrics.json`.

Git merges text line by line: in `dvc.lock` this combines halves of two results, or leaves conflict markers that DVC
cannot read. Here a stage's entry is taken whole or left out. A stage without an entry is stale, so `dvc repro` runs it
or takes it from the run cache; its followers are found by their hashes.
"""

import json
from typing import Any, Literal, NamedTuple

from atelier.params.rewriting import same
from atelier.workflow.versions import lock_file

_ABSENT = object()

Reason = Literal["changed on both sides", "removed here, changed there", "changed here, removed there"]


class Stale(NamedTuple):
    """A stage without an entry in the merged lock, and the reason."""

    stage: str
    reason: Reason

    def __str__(self) -> str:
        return f"{self.stage}: {self.reason}, so its entry is left out; `dvc repro` runs it if it is still a stage"


def merge_locks(base: str, ours: str, theirs: str) -> tuple[str, list[Stale]]:
    """Merge the text of three `dvc.lock` files, stage by stage.

    What one side changed, added or removed is taken from that side. An entry that both sides changed, differently, is
    left out. Entries keep the order of `ours`; those that only `theirs` has follow, where DVC would append them.

    Args:
        base: the common ancestor; empty if both sides made the file.
        ours, theirs: the two sides.

    Returns:
        The merged text as DVC writes it, and the stages that are stale now.

    Raises:
        ValueError: a side is not a lock that DVC can read, or both sides changed something other than stages.
    """
    sides = _lock(base, "base"), _lock(ours, "ours"), _lock(theirs, "theirs")
    _, here, there = sides
    merged: dict[str, Any] = {}
    for key in dict.fromkeys([*here, *there]):
        values = [side.get(key, _ABSENT) for side in sides]
        taken = 1 if key == "stages" else _taken(*values)
        if taken is None:
            raise ValueError(f"both sides changed {key!r}, which is no stage: merge it by hand")
        if values[taken] is not _ABSENT:
            merged[key] = values[taken]
    stages: dict[str, Any] = {}
    stale: list[Stale] = []
    for name in dict.fromkeys([*here["stages"], *there["stages"]]):
        entries = [side["stages"].get(name, _ABSENT) for side in sides]
        taken = _taken(*entries)
        if taken is None:
            stale.append(Stale(name, _reason(*entries[1:])))
        elif entries[taken] is not _ABSENT:
            stages[name] = entries[taken]
    from dvc.utils.serialize import dumps_yaml

    return dumps_yaml(merged | {"stages": stages}), stale


def merge_metrics(base: str, ours: str, theirs: str) -> tuple[str, list[str]]:
    """Merge the text of three `metrics.json` files, number by number.

    Where both sides changed a number, differently, ours is kept: only the stage that wrote it can decide, and its entry
    in `dvc.lock` was changed on both sides too.

    Args:
        base: the common ancestor; empty if both sides made the file.
        ours, theirs: the two sides.

    Returns:
        The merged text as `summarize` writes JSON, and the dotted names of what both sides changed.

    Raises:
        ValueError: a side is not a JSON object without NaN or infinities.
    """
    both: list[str] = []
    merged = _merged(_object(base or "{}", "base"), _object(ours, "ours"), _object(theirs, "theirs"), "", both)
    return json.dumps(merged, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n", both


def _taken(base: Any, ours: Any, theirs: Any) -> int | None:
    """Return the index (1: ours, 2: theirs) of the value to take; None if both sides changed it differently."""
    if same(ours, theirs) or same(theirs, base):
        return 1
    return 2 if same(ours, base) else None


def _reason(ours: Any, theirs: Any) -> Reason:
    if ours is _ABSENT:
        return "removed here, changed there"
    return "changed here, removed there" if theirs is _ABSENT else "changed on both sides"


def _lock(text: str, side: str) -> dict[str, Any]:
    """Return the data of a lock, validated as DVC does; without text, one without stages."""
    # DVC takes a third of a second to load, and `--help` does not need it.
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from voluptuous import Invalid

    content = lock_file.parse(text, side) if text else {"schema": "2.0"}
    try:
        COMPILED_LOCKFILE_SCHEMA(content)
    except Invalid as error:
        raise ValueError(f"{side}: not a lock that DVC can read: {error}") from None
    return content if "stages" in content else content | {"stages": {}}


def _object(text: str, side: str) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise ValueError(f"{side}: got {constant}; allowed are finite numbers")

    try:
        value = json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"{side}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{side}: got {text.strip()[:40]!r}; allowed is a JSON object")
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
    taken = _taken(base, ours, theirs)
    if taken is None:
        both.append(path)
    return theirs if taken == 2 else ours
