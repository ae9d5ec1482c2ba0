"""Generate text from weighted productions, with agreement over any distance.

A production is text with slots:

    {noun}          a production of the rule `noun`
    {noun:thing}    the same, and keep the result as `thing`
    {thing}         repeat the result that was kept as `thing`
    {thing.is}      a feature of the kept result, such as the verb that agrees with it
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
    """One alternative of a rule."""

    text: str  # with slots
    weight: float = 1.0  # relative to the other productions of the rule
    features: Mapping[str, str] = field(default_factory=dict)  # words that agree with it, by name


@dataclass(frozen=True)
class Kept:
    """The text that filled a slot, and the words that agree with it."""

    text: str
    features: Mapping[str, str] = field(default_factory=dict)


# Literal text, then the slot after it: its name, the mark (":" or "."), and the text after the mark.
_Part = tuple[str, str, str, str]


class Grammar:
    """Rules by name, each with its productions."""

    def __init__(
        self,
        rules: Mapping[str, Sequence[Production]],
        given: Sequence[str] = (),
        made: Mapping[str, Callable[[np.random.Generator], str]] | None = None,
    ) -> None:
        """Parse the rules.

        Args:
            rules: productions by name.
            given: names for which every draft has a value from the start.
            made: rules whose text a function generates, by name.

        Raises:
            ValueError: a slot names neither a rule nor a kept result.
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
                raise ValueError(f"slot {name!r}: no such rule, and no production keeps that name")

    def draft(self, rng: np.random.Generator, kept: Mapping[str, Kept] | None = None) -> "Draft":
        """Begin a text, with values for the given names."""
        return Draft(self, rng, dict(kept or {}))


class Draft:
    """A text in progress, with its kept results and the productions used so far, which it avoids repeating."""

    def __init__(self, grammar: Grammar, rng: np.random.Generator, kept: dict[str, Kept]) -> None:
        self.kept = kept
        self._grammar, self._rng = grammar, rng
        self._used: set[tuple[str, int]] = set()

    def keep(self, rule: str) -> None:
        """Fill a rule and keep the result: from now on, a slot of its name repeats it."""
        self.kept[rule] = self._fill(rule)

    def say(self, rule: str) -> str:
        """Generate a sentence from a rule, capitalise its first letter, and choose "a" or "an" by the next letter."""
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
