"""Name what differs between the machines that computed two results, because it changes the last digits of numbers."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from atelier.workflow.results import exhibition
from atelier.workflow.results.exhibition import Open
from atelier.workflow.versions.lock_file import Out
from atelier.workflow.versions.revisions import Commit

FILE = "machine.json"
STAGES = {"train": "Trained", "evaluate": "Evaluated"}
# Facts of a machine that change numbers; the number of cores and the Python do not.
FACTS = ("processor", "gpus", "system", "backend")
Outs = Mapping[str, Mapping[str, Out]]


def differences(root: Path, commit: Commit, runs: Iterable[str], now: Outs, before: Outs) -> dict[str, str]:
    """Describe, for each run, how its machines differ from those of a commit; runs with the same ones are left out.

    Args:
        now, before: the outputs of each stage, in the working tree and at the commit.
    """
    stages = [
        (run, stage) for run in runs for stage in STAGES if now.get(f"{stage}@{run}") != before.get(f"{stage}@{run}")
    ]
    found: dict[str, str] = {}
    if not stages:
        return found
    with exhibition.files_at(root, commit.hash) as open_then:
        open_now = exhibition.in_workspace(root)
        for run, stage in stages:
            name = f"{stage}@{run}"
            sides = [_facts(outs.get(name, {}), read) for outs, read in ((before, open_then), (now, open_now))]
            if None not in sides and (words := _changes(*(side or {} for side in sides))):
                found[run] = " ".join(filter(None, [found.get(run), f"{STAGES[stage]} elsewhere: {words}."]))
    return found


def _facts(outs: Mapping[str, Out], read: Open) -> dict[str, Any] | None:
    """Read the machine of a stage; None if it is not available or damaged, because it is for information only."""
    for path, out in outs.items():
        if out.is_directory or Path(path).name == FILE:
            content = read(f"{path}/{FILE}" if out.is_directory else path)
            if content is not None:
                try:
                    facts = json.loads(content)
                except ValueError:
                    return None
                return facts if isinstance(facts, dict) and isinstance(facts.get("variables", {}), dict) else None
    return None


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Describe the facts and variables that differ.

    >>> _changes({"processor": "A", "variables": {}}, {"processor": "B", "variables": {"MKL_CBWR": "AVX2"}})
    'processor A → B, MKL_CBWR not set → AVX2'
    """
    sides = [{**{fact: side.get(fact) for fact in FACTS}, **side.get("variables", {})} for side in (before, now)]
    return ", ".join(
        f"{name} {_shown(sides[0].get(name))} → {_shown(sides[1].get(name))}"
        for name in dict.fromkeys([*sides[0], *sides[1]])
        if sides[0].get(name) != sides[1].get(name)
    )


def _shown(value: Any) -> str:
    if value is None:
        return "not set"
    return ", ".join(value) or "none" if isinstance(value, list) else str(value)
