"""One text of 80 tokens: generated with cached keys and values, against a `predict` of the whole text per token."""

import lm_decoding
from side_by_side import Comparison

ROUNDS = 5


def measure() -> Comparison:
    return lm_decoding.against_textbook(texts=1, alone=1, rounds=ROUNDS)
