"""A review of an invented film: its actors, its plot and an opinion."""

import numpy as np

from atelier.datasets.imdb.twin import names
from atelier.datasets.imdb.twin.grammar import Draft, Kept
from atelier.datasets.imdb.twin.sentences import GRAMMAR, title

SHORTEST, LONGEST = 60, 250  # words
_REST = 60  # words that the last sentence of opinion and the recommendation can add
_BREAK = "<br /><br />"
# The share of praise among the sentences of opinion, by rating.
_PRAISE = {1: 0.06, 2: 0.14, 3: 0.24, 4: 0.34, 5: 0.46, 6: 0.54, 7: 0.66, 8: 0.76, 9: 0.86, 10: 0.94}


def write(rng: np.random.Generator, rating: int) -> str:
    """Write a review of 60 to 250 words, in paragraphs; a higher `rating` from 1 to 10 means more praise."""
    draft = GRAMMAR.draft(rng, _film(rng, rating))
    draft.keep("genre")
    draft.keep("job")
    liked = rating > 5
    length = 0.0
    while not SHORTEST <= length <= LONGEST - _REST:
        length = rng.lognormal(4.7, 0.4)
    plot = [draft.say("opening")]
    opinion: list[str] = []
    share = rng.uniform(0.3, 0.6)  # of the sentences about the plot
    while _words(plot) + _words(opinion) < length:
        if rng.random() < share:
            plot.append(draft.say("plot"))
        else:
            opinion.append(_opinion(draft, bool(rng.random() < _PRAISE[rating]), liked, bool(opinion)))
    end = draft.say("recommended" if liked else "warned")
    paragraphs = [plot, [*opinion, end]] if rng.random() < 0.7 else [[*plot, *opinion, end]]
    return _BREAK.join(" ".join(sentences) for sentences in paragraphs)


def _opinion(draft: Draft, praise: bool, liked: bool, turn: bool) -> str:
    """Write a sentence of opinion; if it contradicts the rating, it begins with a phrase such as "And yet"."""
    rule = "praised" if praise else "blamed"
    return draft.say(f"but_{rule}" if praise != liked and turn else rule)


def _film(rng: np.random.Generator, rating: int) -> dict[str, Kept]:
    kept = {}
    last: set[str] = set()
    for role in ("lead", "second", "director"):
        while (person := names.person(rng))[1].text in last:
            pass
        last.add(person[1].text)
        kept[role], kept[f"{role}_last"] = person
    kept["title"] = Kept(title(rng))
    kept["place"] = Kept(names.invented(rng, "place"))
    kept["year"] = Kept(str(int(rng.integers(1931, 2011))))
    kept["stars"] = Kept(str(rating))
    return kept


def _words(sentences: list[str]) -> int:
    return sum(sentence.count(" ") + 1 for sentence in sentences)
