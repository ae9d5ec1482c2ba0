"""VAE training: ours against the textbook's loop in graph mode."""

from side_by_side import Comparison
from vae_training import against_textbook


def measure() -> Comparison:
    return against_textbook(eager=False, steps=30, rounds=21)
