"""The options `--class` and `--attribute`: what generated pictures are asked to be.

Names are checked without Keras, so that a wrong one is refused at once.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import click
import numpy as np

from atelier.cli.arguments import NAME
from atelier.core.similar import suggestion
from atelier.core.spec import Spec
from atelier.networks.descriptions import Description

CLASS = """A class, by its name or its number, for a run that was told classes. Repeat the option to get N pictures of
    each class, with the same seeds."""
ATTRIBUTE = """An attribute that pictures should have, or no-NAME for one that they should not have, for a run that was
    told attributes. Repeat the option to ask for several."""
NOT = "no-"

class_option = click.option("--class", "classes", metavar="NAME", type=NAME, multiple=True, help=CLASS)
attribute_option = click.option("--attribute", "attributes", metavar="NAME", type=NAME, multiple=True, help=ATTRIBUTE)


@dataclass(frozen=True)
class Asked:
    """What pictures are asked to be; what is not asked is drawn from the network's table of conditions.

    Attributes:
        kind: what the network is told: ``none``, ``class`` or ``attributes``.
        names: of all classes, or of all attributes; empty if it is told nothing.
        classes: indices of the classes that are asked for, in this order.
        attributes: whether pictures should have an attribute, by its index.
    """

    kind: str
    names: tuple[str, ...] = ()
    classes: tuple[int, ...] = ()
    attributes: dict[int, bool] = field(default_factory=dict)

    @property
    def repeats(self) -> int:
        """How often each seed is drawn."""
        return max(1, len(self.classes))

    def conditions(self, drawn: np.ndarray) -> np.ndarray:
        """Set what is asked in drawn conditions ``(n, conditions)``; the result has ``n · repeats`` rows."""
        if self.classes:
            return np.eye(drawn.shape[1], dtype=drawn.dtype)[np.repeat(self.classes, len(drawn))]
        conditions = drawn.copy()
        conditions[:, list(self.attributes)] = list(self.attributes.values())
        return conditions

    def labels(self, conditions: np.ndarray) -> np.ndarray:
        """Return conditions as the labels of a dataset: classes ``(n,)``, or attributes ``(n, attributes)``."""
        return (conditions.argmax(axis=1) if self.kind == "class" else conditions).astype(np.uint8)

    def __str__(self) -> str:
        """Return the names that are asked for, such as ``Smiling, no-Male``."""
        attributes = [f"{'' if wanted else NOT}{self.names[index]}" for index, wanted in self.attributes.items()]
        return ", ".join([*(self.names[index] for index in self.classes), *attributes])


def read(run: str, description: Description, classes: Sequence[str], attributes: Sequence[str]) -> Asked:
    """Read the values of both options for the network of `description`.

    Raises:
        ValueError: the network is not told what is asked for, a name is unknown, or one is given twice.
    """
    spec, kind = description.spec, str(description.config.get("condition", "none"))
    for option, of, given in (("class", "class", classes), ("attribute", "attributes", attributes)):
        if given and kind != of:
            told = {"class": "classes; use --class", "attributes": "attributes; use --attribute"}
            said = f"its network is told {told.get(kind, 'no condition (train.condition: none)')}"
            raise ValueError(f"--{option}: {run} cannot be asked for {given[0]!r}: {said}")
    names = {"class": spec.classes, "attributes": spec.attributes}.get(kind, ())
    if kind == "class":
        chosen = [_class(given, spec) for given in classes]
        _require_different("class", names, chosen)
        return Asked(kind, names, tuple(chosen))
    wanted = [_attribute(given, spec) for given in attributes]
    _require_different("attribute", names, [index for index, _ in wanted])
    return Asked(kind, names, attributes=dict(wanted))


def file_names(classes: Sequence[str]) -> list[str]:
    """Return a different name for each class that is safe in the names of files.

    >>> file_names(["T-shirt/top", "Ankle boot", "a/b", "a:b"])
    ['T-shirt-top', 'Ankle-boot', '2-a-b', '3-a-b']
    """
    safe = [re.sub(r"[^\w.]+", "-", name).strip("-.")[:60] for name in classes]
    # File systems may not distinguish upper and lower case.
    folded = [name.casefold() for name in safe]
    return [
        name if name and folded.count(name.casefold()) == 1 else f"{index}-{name}" for index, name in enumerate(safe)
    ]


def _class(given: str, spec: Spec) -> int:
    """Return the index of a class that is given by its name, or else by its number."""
    for names in (spec.classes, [str(number) for number in range(len(spec.classes))]):
        if (index := _index(given, names)) is not None:
            return index
    known = f"the classes of {spec.name} are: {', '.join(spec.classes)}"
    raise ValueError(f"--class: got {given!r}; {known}{suggestion(given, spec.classes)}")


def _attribute(given: str, spec: Spec) -> tuple[int, bool]:
    """Return the index of an attribute, and whether it is wanted."""
    if (index := _index(given, spec.attributes)) is not None:
        return index, True
    name = given[len(NOT) :] if given.lower().startswith(NOT) else given
    if (index := _index(name, spec.attributes)) is not None:
        return index, False
    known = f"the attributes of {spec.name} are: {', '.join(spec.attributes)}"
    raise ValueError(f"--attribute: got {given!r}; {known}{suggestion(name, spec.attributes)}")


def _index(given: str, names: Sequence[str]) -> int | None:
    """Find a name: exactly, or else with other capitals if there is only one such name."""
    if given in names:
        return names.index(given)
    alike = [index for index, name in enumerate(names) if name.casefold() == given.casefold()]
    return alike[0] if len(alike) == 1 else None


def _require_different(option: str, names: Sequence[str], indices: Sequence[int]) -> None:
    if twice := [names[index] for index in indices if indices.count(index) > 1]:
        raise ValueError(f"--{option}: {twice[0]} is given twice")
