"""One review of a film that nobody made: who is in it, what happens, and whether it is any good."""

import numpy as np

from atelier.datasets.imdb.twin import names
from atelier.datasets.imdb.twin.grammar import Draft, Kept
from atelier.datasets.imdb.twin.sentences import GRAMMAR, title

SHORTEST, LONGEST = 60, 250  # words
_REST = 60  # what a last sentence and the end may add
_BREAK = "<br /><br />"
# How many of the sentences that judge are kind, by rating.
_KIND = {1: 0.06, 2: 0.14, 3: 0.24, 4: 0.34, 5: 0.46, 6: 0.54, 7: 0.66, 8: 0.76, 9: 0.86, 10: 0.94}


def write(rng: np.random.Generator, rating: int) -> str:
    """Write a review of 60 to 250 words, in paragraphs.

    Args:
        rng: what the film and its review are drawn with.
        rating: 1 to 10; the better, the more of what is said is kind.
    """
    draft = GRAMMAR.draft(rng, _film(rng, rating))
    draft.keep("genre")
    draft.keep("job")
    liked = rating > 5
    length = 0.0
    while not SHORTEST <= length <= LONGEST - _REST:
        length = rng.lognormal(4.7, 0.4)
    told = [draft.say("opening")]
    judged: list[str] = []
    share = rng.uniform(0.3, 0.6)  # of the sentences that tell the plot
    while _words(told) + _words(judged) < length:
        if rng.random() < share:
            told.append(draft.say("told"))
        else:
            judged.append(_judgement(draft, bool(rng.random() < _KIND[rating]), liked, bool(judged)))
    end = draft.say("recommended" if liked else "warned")
    paragraphs = [told, [*judged, end]] if rng.random() < 0.7 else [[*told, *judged, end]]
    return _BREAK.join(" ".join(sentences) for sentences in paragraphs)


def _judgement(draft: Draft, kind: bool, liked: bool, turns: bool) -> str:
    """What is said against the grain of the review may begin with a turn, where something has been said."""
    rule = "praised" if kind else "blamed"
    return draft.say(f"but_{rule}" if kind != liked and turns else rule)


def _film(rng: np.random.Generator, rating: int) -> dict[str, Kept]:
    kept = {}
    last: set[str] = set()
    for role in ("lead", "second", "director"):
        while (somebody := names.person(rng)).last.text in last:
            pass
        last.add(somebody.last.text)
        kept[role], kept[f"{role}_last"] = somebody
    kept["title"] = Kept(title(rng))
    kept["place"] = Kept(names.invented(rng, "place"))
    kept["year"] = Kept(str(int(rng.integers(1931, 2011))))
    kept["stars"] = Kept(str(rating))
    return kept


def _words(sentences: list[str]) -> int:
    return sum(sentence.count(" ") + 1 for sentence in sentences)
