"""VAE training: ours against the textbook's loop in eager mode, as in the book."""

from side_by_side import Comparison
from vae_training import against_textbook


def measure() -> Comparison:
    return against_textbook(eager=True, steps=10, rounds=11)
