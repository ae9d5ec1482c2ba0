"""Three-way merges of the two files that DVC writes and Git tracks: `dvc.lock` and `metrics.json`.

Git merges text line by line: in `dvc.lock` this mixes lines of two results, or leaves conflict markers that DVC cannot
read. Here an entry is taken as a whole or left out. A stage without an entry is stale: `dvc repro` runs it or restores
it from the run cache, and finds by hashes which stages after it are stale too.
"""

import json
from typing import Any, Literal, NamedTuple

from atelier.core import files
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

    An entry that one side changed, added or removed is taken from that side. An entry that both sides changed to
    different values is left out. Entries keep the order of `ours`; those that only `theirs` has follow.

    Args:
        base: the common ancestor; empty if both sides created the file.
        ours, theirs: the two sides.

    Returns:
        The merged text as DVC writes it, and the stages that are stale now.

    Raises:
        ValueError: a side is not a lock that DVC can read, or both sides changed something other than stages.
    """
    # DVC takes a third of a second to load, and `--help` does not need it.
    from dvc.utils.serialize import dumps_yaml

    _, here, there = sides = _lock(base, "base"), _lock(ours, "ours"), _lock(theirs, "theirs")
    merged: dict[str, Any] = {}
    for key in dict.fromkeys([*here, *there]):
        values = [side.get(key, _ABSENT) for side in sides]
        taken = 1 if key == "stages" else _taken(*values)
        if taken is None:
            raise ValueError(f"both sides changed {key!r}, which is not a stage: merge it by hand")
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
    return dumps_yaml(merged | {"stages": stages}), stale


def merge_metrics(base: str, ours: str, theirs: str) -> tuple[str, list[str]]:
    """Merge the text of three `metrics.json` files, number by number.

    A number that both sides changed to different values stays as in `ours`, until the stage that wrote it, whose entry
    in `dvc.lock` was changed on both sides too, runs again.

    Returns:
        The merged text as `summarize` writes it, and the dotted names of the numbers that both sides changed.

    Raises:
        ValueError: a side is not a JSON object, or has NaN or infinities.
    """
    both: list[str] = []
    merged = _merged(_object(base or "{}", "base"), _object(ours, "ours"), _object(theirs, "theirs"), "", both)
    return files.json_text(merged), both


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
    """Parse a lock and validate it with DVC's schema; an empty text is a lock without stages."""
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
