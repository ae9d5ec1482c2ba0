"""The order in which `dvc repro` would have written, whatever came to an end first.

DVC appends a stage to `dvc.lock` when it has run, and its outputs to `.gitignore`. Side by side, that is the order in
which stages end, and differs from run to run.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.core import files
from atelier.params import document

if TYPE_CHECKING:
    from atelier.repository.pipeline import Pipeline

_STAGES = "stages:\n"
# A name that YAML cannot take for anything else, so that no parser is needed.
_PLAIN = re.compile(r"  ([A-Za-z_][\w-]*@[\w-]*[A-Za-z_][\w-]*):$", re.MULTILINE)


class WritingOrder:
    """What locks and ignore files held before a run, and how to put what it has added into order.

    What they held is kept in a file until the run is over, so that one that was interrupted and goes on later ends as
    if it had not been.
    """

    def __init__(self, pipeline: "Pipeline", memory: Path) -> None:
        self._memory = memory
        self._wanted = dict(_wanted(pipeline))
        now = {str(path): _entries(path) for path in self._wanted}
        before = files.read_json(memory) if memory.is_file() else {}
        # A memory of entries that are gone is one of another branch.
        valid = {path for path, held in now.items() if set(before.get(path, held)) <= set(held)}
        self._before = {path: before[path] if path in before and path in valid else held for path, held in now.items()}

    def remember(self) -> None:
        """Keep what was there, for a run that does not come to its end."""
        files.write_json(self._memory, self._before)

    def restore(self) -> None:
        """Put entries that were added into the order of the pipeline.

        Raises:
            ValueError: a lock is not as DVC writes it.
        """
        for path, wanted in self._wanted.items():
            if path.is_file():
                text = path.read_text(encoding="utf-8")
                arranged = _arranged(path, text, self._before[str(path)], wanted)
                if arranged != text:
                    files.write_text(path, arranged)

    def done(self) -> None:
        """Forget what was there: all that was to be written has been."""
        self._memory.unlink(missing_ok=True)


def _wanted(pipeline: "Pipeline") -> Iterator[tuple[Path, list[str]]]:
    """Each lock and ignore file that a run may write, with what it may add, in the order of the pipeline."""
    wanted: dict[Path, list[str]] = {}
    for stage in pipeline.stages.values():
        name = getattr(stage, "name", None)
        if name:
            wanted.setdefault(Path(stage.path).with_suffix(".lock"), []).append(name)
        for out in stage.outs:
            if out.use_scm_ignore:
                place = Path(out.fs_path)
                wanted.setdefault(place.parent / ".gitignore", []).append(f"/{place.name}")
    return iter(wanted.items())


def _entries(path: Path) -> list[str]:
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    return text.splitlines() if path.name == ".gitignore" else list(_blocks(text)[1])


def _arranged(path: Path, text: str, before: Sequence[str], wanted: Sequence[str]) -> str:
    if path.name == ".gitignore":
        lines = text.splitlines()
        return "".join(f"{line}\n" for line in ordered(lines, before, wanted))
    head, blocks, tail = _blocks(text)
    arranged = head + "".join(blocks[name] for name in ordered(blocks, before, wanted)) + tail
    if document.load(arranged, path.name) != document.load(text, path.name):
        raise ValueError(f"{path.name}: cannot be put into order, since it is not as DVC writes it")
    return arranged


def ordered(entries: Iterable[str], before: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Entries that were there, as they stand; then those that were added, in the order of `wanted`, others last.

    >>> ordered(["old", "c", "a", "b"], ["old"], ["a", "b", "c"])
    ['old', 'a', 'b', 'c']
    """
    entries, held = list(entries), set(before)
    place = {name: index for index, name in enumerate(wanted)}
    added = sorted((name for name in entries if name not in held), key=lambda name: place.get(name, len(place)))
    return [name for name in entries if name in held] + added


def _blocks(text: str) -> tuple[str, dict[str, str], str]:
    """The text of a lock before its stages, the lines of each stage, and the text after them."""
    head, found, rest = text.partition(_STAGES)
    if not found:
        return text, {}, ""
    blocks: list[str] = []
    lines = rest.splitlines(keepends=True)
    while lines and lines[0].startswith(" "):
        line = lines.pop(0)
        if line.startswith("   ") and blocks:
            blocks[-1] += line
        else:
            blocks.append(line)
    return head + found, {_name(block): block for block in blocks}, "".join(lines)


def _name(block: str) -> str:
    """The name of the stage that some lines of a lock are of; it is quoted where YAML needs that."""
    if plain := _PLAIN.match(block):
        return plain[1]
    held: Any = document.load(block.splitlines()[0], "dvc.lock")
    if not isinstance(held, Mapping) or len(held) != 1:
        raise ValueError(f"dvc.lock: no stage begins with {block.splitlines()[0]!r}; `dvc repro` would not write this")
    return str(next(iter(held)))
