"""What the summed log-probability of a text says per token, per word and per byte."""

import math


def perplexity(nats: float, tokens: int) -> float:
    """Perplexity: the number of equally likely tokens that would be as hard to guess (Jelinek et al., 1977).

    Among `tokens` counts every one that was predicted, so each text's END with them, and no padding. Per token it
    compares models of one tokenizer only; word perplexity, exp(nats / words), compares others too: pass the words of
    the texts, whatever the tokens are, and add to `nats` what spelling out the unknown ones costs.

    Args:
        nats: −Σ ln p of all predicted tokens.
        tokens: how many they are; for the word perplexity, how many words they spell.

    Raises:
        ValueError: `nats` is below zero or not finite, `tokens` below 1.

    >>> round(perplexity(nats=3 * math.log(20), tokens=3), 9)
    20.0
    """
    return math.exp(_each(nats, tokens, "tokens"))


def bits_per_byte(nats: float, size: int) -> float:
    """Bits that a model needs for each byte of text, as a compressor would (Shannon, 1948).

    It compares tokenizers, however large their tokens are, if both paid for the same text: where tokens stand for any
    unknown word, `nats` has to include the cost of spelling these out (`Corpus.spelling`); without it, a tokenizer
    that knows fewer words looks better.

    Args:
        nats: −Σ ln p of all predicted tokens, END included, and of the spelling of unknown words.
        size: bytes of the texts in UTF-8.

    Raises:
        ValueError: `nats` is below zero or not finite, `size` below 1.

    >>> bits_per_byte(nats=80 * math.log(2), size=40)
    2.0
    """
    return _each(nats, size, "bytes") / math.log(2)


def _each(nats: float, count: int, name: str) -> float:
    if not (math.isfinite(nats) and nats >= 0):
        raise ValueError(f"nats must be finite and at least 0, got {nats}")
    if count < 1:
        raise ValueError(f"{name} must be at least 1, got {count}")
    return float(nats / count)
