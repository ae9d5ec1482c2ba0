"""Suggest the known name that a mistyped one is nearest to."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(name: object, known: Iterable[str]) -> str:
    """Return ``; did you mean 'X'?``, the end of a message, for the most similar known name; empty if none is similar.

    >>> "no 'mnist-va'" + suggestion("mnist-va", ["imdb-lm", "mnist-vae"])
    "no 'mnist-va'; did you mean 'mnist-vae'?"
    """
    # Upper and lower case are the commonest slip.
    spelled = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(str(name).lower()[:100], spelled, n=1)
    return f"; did you mean {spelled[close[0]]!r}?" if close else ""
