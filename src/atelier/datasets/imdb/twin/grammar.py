"""Text from weighted productions that agree with what was said before.

A production is text with slots:

    {noun}          any production of the rule `noun`
    {noun:thing}    the same, and what came of it is kept as `thing`
    {thing}         what was kept, once more
    {thing.is}      a feature of what was kept, such as the verb that agrees with it

A slot that names something kept repeats it, however far back it was said; so agreement spans any distance.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

_SLOT = re.compile(r"\{(\w+)(?:([:.])(\w+))?\}")
_ARTICLE = re.compile(r"\b([Aa])\(n\)(?= +(\w))")
_OPENING = re.compile(r"(?:^|(?<=[.!?] )|(?<=[.!?][\")] ))([\"(]?)(\w)")
_TRIES = 4


@dataclass(frozen=True)
class Production:
    """One way to say something.

    Attributes:
        text: with slots.
        weight: how likely it is, beside the others of its rule.
        features: words that agree with it, by name.
    """

    text: str
    weight: float = 1.0
    features: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """What a slot was filled with, and the words that agree with it."""

    text: str
    features: Mapping[str, str] = field(default_factory=dict)


# Literal text, then the slot behind it: its name, the mark, and what is behind the mark.
_Part = tuple[str, str, str, str]


class Grammar:
    """Rules by name, each with its productions."""

    def __init__(
        self,
        rules: Mapping[str, Sequence[Production]],
        given: Sequence[str] = (),
        made: Mapping[str, Callable[[np.random.Generator], str]] | None = None,
    ) -> None:
        """Take rules apart.

        Args:
            rules: productions by name.
            given: names that will be kept before anything is said.
            made: rules of which no list could hold all productions: what makes one, by name.

        Raises:
            ValueError: a slot names neither a rule nor anything that is ever kept.
        """
        self.parts: dict[str, list[tuple[list[_Part], Mapping[str, str]]]] = {}
        self.weights: dict[str, list[float]] = {}
        self.made = dict(made or {})
        for name, productions in rules.items():
            self.parts[name] = [(_parse(production.text), production.features) for production in productions]
            self.weights[name] = list(accumulate(production.weight for production in productions))
        slots = [slot for rule in self.parts.values() for parts, _ in rule for slot in parts if slot[1]]
        kept = {*given, *(slot[3] for slot in slots if slot[2] == ":")}
        for _, name, mark, _ in slots:
            known = kept if mark == "." else {*rules, *self.made} | (set() if mark else kept)
            if name not in known:
                raise ValueError(f"slot {name!r}: no such rule, and nothing is kept under that name")

    def draft(self, rng: np.random.Generator, kept: Mapping[str, Kept] | None = None) -> "Draft":
        """A text to be begun, with some things kept already."""
        return Draft(self, rng, dict(kept or {}))


class Draft:
    """A text under way: what it has kept, and which productions it has used, for it avoids to repeat itself."""

    def __init__(self, grammar: Grammar, rng: np.random.Generator, kept: dict[str, Kept]) -> None:
        self.kept = kept
        self._grammar, self._rng = grammar, rng
        self._used: set[tuple[str, int]] = set()

    def keep(self, rule: str) -> None:
        """Decide on a rule: from now on, a slot of its name repeats what came of it."""
        self.kept[rule] = self._fill(rule)

    def say(self, rule: str) -> str:
        """A production of a rule as a sentence: capitals at its beginning, "a" or "an" by the letter that follows.

        Raises:
            KeyError: there is no such rule, or a slot asks for a feature that what was kept lacks.
        """
        text = _ARTICLE.sub(lambda m: m[1] + "n" if m[2] in "aeiouAEIOU" else m[1], self._fill(rule).text)
        return _OPENING.sub(lambda m: m[1] + m[2].upper(), text)

    def _fill(self, rule: str) -> Kept:
        if make := self._grammar.made.get(rule):
            return Kept(make(self._rng))
        parts, features = self._grammar.parts[rule][self._choose(rule)]
        said = []
        for literal, name, mark, rest in parts:
            said.append(literal)
            if mark == ".":
                said.append(self.kept[name].features[rest])
            elif mark == ":":
                self.kept[rest] = filled = self._fill(name)
                said.append(filled.text)
            elif name:
                known = self.kept.get(name)
                said.append(known.text if known is not None else self._fill(name).text)
        return Kept("".join(said), features)

    def _choose(self, rule: str) -> int:
        weights = self._grammar.weights[rule]
        for _ in range(_TRIES):
            chosen = bisect_right(weights, self._rng.random() * weights[-1])
            if (rule, chosen) not in self._used:
                break
        self._used.add((rule, chosen))
        return chosen


def _parse(text: str) -> list[_Part]:
    """Split a production at its slots.

    >>> _parse("a {noun:x} that {x.is} old")
    [('a ', 'noun', ':', 'x'), (' that ', 'x', '.', 'is'), (' old', '', '', '')]
    """
    parts, end = [], 0
    for slot in _SLOT.finditer(text):
        parts.append((text[end : slot.start()], slot[1], slot[2] or "", slot[3] or ""))
        end = slot.end()
    return [*parts, (text[end:], "", "", "")] if end < len(text) else parts
