"""Profiles: sets of parameters for the scales demo, laptop and full.

`profiles/demo.yaml` contains every value. Another profile contains what differs from it, so a profile does not depend
on the previous content of `params.yaml`. If a profile has one of the sections (`datasets`, `runs`, …), it lists all
entries of this section, at least by name (``mnist-vae:``); entries that it does not list are dropped, and so are the
edits of dropped runs. An entry may copy another one (``like: mnist-vae``) and list what differs.

A profile that begins with ``extends: NAME`` has all entries of that profile, and lists only what it adds or changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.core import similar
from atelier.params import document, file
from atelier.params.rewriting import rewrite, same
from atelier.params.strict import ParamsError, require_mapping

BASE = "demo"
EXTENDS = "extends"


@dataclass(frozen=True)
class Change:
    """One difference between two sets of parameters, for example at ``("runs", "mnist-vae", "train", "epochs")``.

    `kind` is ``changed``, or ``added`` or ``removed`` for whole entries of a section.
    """

    path: tuple[str, ...]
    before: Any
    after: Any
    kind: str = "changed"

    def __str__(self) -> str:
        key = ".".join(self.path)
        return f"{key}: {self.before} → {self.after}" if self.kind == "changed" else f"{key}: {self.kind}"


def names(directory: Path) -> list[str]:
    """List the profiles in a directory, the base first."""
    return sorted((path.stem for path in directory.glob("*.yaml")), key=lambda name: (name != BASE, name))


def description(directory: Path, name: str) -> str:
    """Return a profile's first line if it is a comment, else an empty text."""
    first = document.read_text(_path(directory, name)).partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""


def resolve(directory: Path, name: str, source: str | None = None) -> dict[str, Any]:
    """Return the valid parameters of a profile as plain data; `source` replaces the source of every dataset.

    Raises:
        ParamsError: there is no such profile, or its parameters are invalid; the message names the profile.
    """
    path = _path(directory, name)
    try:
        resolved = _values(directory, name)
        for download in resolved["downloads"].values() if source else ():
            download["source"] = source
        file.check(resolved)
    except ParamsError as error:
        raise ParamsError("\n".join(f"profiles/{path.name}: {line}" for line in str(error).splitlines())) from None
    return resolved


def compare(before: Any, after: Any, path: tuple[str, ...] = ()) -> list[Change]:
    """List the differences below `path` in the order of `after`, removed entries first."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return [] if same(before, after) else [Change(path, before, after)]
    listed = len(path) == 1 and path[0] in file.SECTIONS
    changes = [Change((*path, str(key)), before[key], None, "removed") for key in before if key not in after]
    for key, value in after.items():
        if key not in before and (listed or not isinstance(value, Mapping)):
            changes.append(Change((*path, str(key)), None, value, "added"))
        else:
            changes += compare(before.get(key, {}), value, (*path, str(key)))
    return changes


def applied(directory: Path, name: str, params: Path, source: str | None = None) -> tuple[str, list[Change]]:
    """Return the text of the file `params`, whose parameters may be invalid, with those of a profile, and the changes.

    Comments stay.

    Raises:
        ParamsError: see `resolve`.
        ValueError: the parameter file cannot be rewritten.
    """
    target = resolve(directory, name, source)
    old = document.read_text(params, params.name)
    changes = compare(require_mapping(document.load(old, params.name), params.name), target)
    try:
        return rewrite(old, target), changes
    except ValueError as error:
        raise ValueError(f"{params.name}: {error}") from None


def current(directory: Path, params: Path) -> str | None:
    """Return the profile that a parameter file equals, or None."""
    content = document.read(params, params.name)
    return next((name for name in names(directory) if same(resolve(directory, name), content)), None)


def nearest(directory: Path, params: Mapping[str, Any]) -> str:
    """Return the profile that has the fewest differences from some parameters; one that equals them has none."""
    return min(names(directory), key=lambda name: len(compare(resolve(directory, name), params)))


def _path(directory: Path, name: str) -> Path:
    known = names(directory)
    if name not in known:
        allowed = f"there are: {', '.join(known)}" if known else f"{directory} has none"
        raise ParamsError(f"no profile {name!r}; {allowed}{similar.suggestion(name, known)}")
    return directory / f"{name}.yaml"


def _read(path: Path) -> dict[str, Any]:
    return dict(require_mapping(document.read(path), str(path)))


def _values(directory: Path, name: str, extending: tuple[str, ...] = ()) -> dict[str, Any]:
    """Merge a profile into what it extends, or into the base; `extending` are the profiles that extend it."""
    own = _read(_path(directory, name))
    if EXTENDS not in own:
        return _overlaid({} if name == BASE else _values(directory, BASE), own)
    parent = own.pop(EXTENDS)
    allowed = [other for other in names(directory) if name != BASE and other not in (*extending, name)]
    if parent not in allowed:
        raise ParamsError(f"{EXTENDS}: got {parent!r}; allowed is one of: {', '.join(allowed) or 'none'}")
    base = _values(directory, parent, (*extending, name))
    sections = [key for key in file.SECTIONS if key in own]
    listed = {key: {**dict.fromkeys(base[key]), **require_mapping(own[key], key)} for key in sections}
    return _overlaid(base, own | listed)


def _overlaid(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    merged = _merged(base, {key: value for key, value in overlay.items() if key not in file.SECTIONS})
    for key in file.SECTIONS:
        if key in overlay:
            entries = require_mapping(overlay[key], key)
            merged[key] = {name: _entry(key, name, base.get(key, {}), entries, ()) for name in entries}
    if "edits" not in overlay and "edits" in merged:
        merged["edits"] = {name: edit for name, edit in merged["edits"].items() if name in merged["runs"]}
    return merged


def _entry(key: str, name: str, base: Mapping[str, Any], entries: Mapping[str, Any], copies: tuple[str, ...]) -> Any:
    """Return an entry of a section, merged into the entry that it is ``like``."""
    path = f"{key}.{name}"
    overlay = dict(require_mapping({} if entries[name] is None else entries[name], path))
    like = overlay.pop("like", None)
    if like is None:
        return _merged(base.get(name, {}), overlay)
    if like not in entries or like == name:
        others = [other for other in entries if other != name]
        raise ParamsError(f"{path}.like: got {like!r}; allowed is one of: {', '.join(others)}")
    if name in copies:
        raise ParamsError(f"{path}.like: goes in a circle: {' → '.join([*copies, name])}")
    return _merged(_entry(key, like, base, entries, (*copies, name)), overlay)


def _merged(base: Any, overlay: Any) -> Any:
    """Merge `overlay` into a copy of `base`, in the order of `base`; lists and scalars are replaced."""
    if isinstance(base, Mapping) and isinstance(overlay, Mapping):
        keys = [*base, *(key for key in overlay if key not in base)]
        return {key: _merged(base.get(key), overlay.get(key, base.get(key))) for key in keys}
    if isinstance(overlay, Mapping):
        return {key: _merged(None, value) for key, value in overlay.items()}
    return list(overlay) if isinstance(overlay, list) else overlay
