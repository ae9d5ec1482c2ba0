"""Write a dataset that a person brought into `params.yaml`, and into a profile of its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from atelier.core import lookup, similar
from atelier.params import document, file, profiles
from atelier.params.rewriting import rewrite
from atelier.params.strict import ParamsError
from atelier.workflow.adding import entries
from atelier.workflow.adding.seen import Seen, counted

# The module that looks at data of each modality.
_LOOKERS = {"images": "pictures", "text": "texts"}
_DESCRIPTION = "# {profile}, and {name}\n#\n# Written by `atelier add`. It has all entries of {profile}, and these.\n"


@dataclass(frozen=True)
class Added:
    """The new texts of `params.yaml` and of the profile, and which entries they gain.

    Attributes:
        profile: name of the profile.
        added, existing: entries, such as ``runs.flowers-vae``.
        notes: what else a person should know.
    """

    seen: Seen
    params: str
    profile: str
    profile_text: str
    added: tuple[str, ...]
    existing: tuple[str, ...]
    notes: tuple[str, ...]


def plan(params: Path, directory: Path, name: str, raw: Path, family: str, classes: str | None) -> Added:
    """Look at the data, and return what would be written. Entries that exist are kept as they are.

    Args:
        params: the parameter file.
        directory: that of the profiles.
        name: of the dataset; its profile has the same name, its run that of dataset and family.
        raw: the data.
        family: of the run.
        classes: where labels come from, as in `datasets.NAME.prepare.classes`; None to find out.

    Raises:
        ParamsError: parameters or profiles are invalid, or a name is taken.
        FileNotFoundError, ValueError: the data are missing, or no run can use them; see the modules that look.
    """
    known = lookup.names("families", "params")
    if family not in known:
        raise ParamsError(
            f"--family: got {family!r}; families are: {', '.join(known)}{similar.suggestion(family, known)}"
        )
    demo = profiles.resolve(directory, profiles.BASE)
    like = entries.template(demo, family)
    text = document.read_text(params, params.name)
    old = document.load(text, params.name)
    file.check(old)
    looker = import_module(f"{__package__}.{_LOOKERS[file.modality(family)]}")
    run = f"{name}-{family}"
    given = _existing(old, directory, name, run, family, looker)
    if classes is not None and classes not in looker.CLASSES:
        allowed = ", ".join(looker.CLASSES)
        raise ParamsError(f"--classes: got {classes!r}; allowed for {looker.KIND} is one of: {allowed}")
    if given and classes not in (None, given["classes"]):
        raise ParamsError(f"--classes: got {classes!r}; datasets.{name} exists already, with {given['classes']!r}")
    seen = looker.look(raw, classes, given)
    judge, new_run = entries.derive(demo, like, name, seen, old["judges"].get(name))
    wanted = {
        ("datasets", name): {"kind": looker.KIND, "prepare": dict(seen.prepare)},
        ("judges", name): judge,
        ("runs", run): new_run,
    }
    new = {section: dict(old[section]) for section in old}
    added: list[str] = []
    existing: list[str] = []
    for (section, entry), value in wanted.items():
        (existing if entry in new[section] else added).append(f"{section}.{entry}")
        new[section].setdefault(entry, value)
    file.check(new)
    own = {(section, entry): new[section][entry] for section, entry in wanted}
    profile_text, notes = _profile(directory, name, old, own)
    return Added(seen, rewrite(text, new), name, profile_text, tuple(added), tuple(existing), tuple(notes))


def _existing(
    old: Mapping[str, Any], directory: Path, name: str, run: str, family: str, looker: ModuleType
) -> Mapping[str, Any] | None:
    """Return the section `prepare` of a dataset that exists already; raise `ParamsError` if its name is another's."""
    dataset = old["datasets"].get(name)
    if dataset and dataset["kind"] != looker.KIND:
        raise ParamsError(
            f"datasets.{name} exists already, of the kind {dataset['kind']}; {family} on own data needs "
            f"{looker.KIND}: choose another name"
        )
    if name in old["downloads"]:
        raise ParamsError(f"downloads.{name} exists already, and data/raw/{name} is its output; choose another name")
    there = old["runs"].get(run)
    if there and (there["dataset"], there["family"]) != (name, family):
        what = f"{there['family']} on {there['dataset']}"
        raise ParamsError(f"runs.{run} exists already, with {what}; choose another name")
    path = _path(directory, name)
    if path.exists() and name not in (profiles.resolve(directory, name)["datasets"] if dataset else ()):
        use = f"; `atelier profile apply {name}` brings it into params.yaml" if not dataset else "; choose another name"
        raise ParamsError(f"profiles/{path.name} exists already{use}")
    return dataset["prepare"] if dataset else None


def _profile(
    directory: Path, name: str, old: Mapping[str, Any], own: Mapping[tuple[str, str], Any]
) -> tuple[str, list[str]]:
    """Return the text of the profile with the entries `own`, and notes."""
    path = _path(directory, name)
    if path.exists():
        text = document.read_text(path)
        content = document.load(text, str(path))
        resolved, notes = profiles.resolve(directory, name), []
    else:
        nearest = profiles.nearest(directory, old)
        resolved, content = profiles.resolve(directory, nearest), {profiles.EXTENDS: nearest}
        text = _DESCRIPTION.format(profile=nearest, name=name) + f"{profiles.EXTENDS}: {nearest}\n"
        count = len(profiles.compare(resolved, old))
        difference = f"params.yaml differs from the profile {nearest} in {counted(count, 'place')}"
        left_out = f"profiles/{name}.yaml extends that profile without them (`atelier profile diff {nearest}`)"
        notes = [f"{difference}; {left_out}"] if count else []
    for (section, entry), value in own.items():
        if entry not in resolved[section]:
            content[section] = (content.get(section) or {}) | {entry: value}
    return rewrite(text, content), notes


def _path(directory: Path, name: str) -> Path:
    return directory / f"{name}.yaml"
