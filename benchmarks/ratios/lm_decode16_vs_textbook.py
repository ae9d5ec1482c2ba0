"""Sixteen texts of 80 tokens: generated in parallel with cached keys and values, against the textbook's loop."""

import lm_decoding
from side_by_side import Comparison

TEXTS, ALONE, ROUNDS = 16, 2, 5


def measure() -> Comparison:
    return lm_decoding.against_textbook(texts=TEXTS, alone=ALONE, rounds=ROUNDS)
