"""Perplexity and bits per byte of texts, from their negative log-likelihood in nats."""

import math


def perplexity(nats: float, tokens: int) -> float:
    """Compute perplexity: the number of equally likely tokens that is as hard to predict (Jelinek et al., 1977).

    Perplexity per token compares models with the same tokenizer only. Word perplexity, exp(nats / words), also compares
    models with different tokenizers: pass the number of words, and add to `nats` the cost of spelling unknown words.

    Args:
        nats: −Σ ln p of all predicted tokens.
        tokens: number of predicted tokens, with the END of each text and without padding; for word perplexity, the
            number of words.

    >>> round(perplexity(nats=3 * math.log(20), tokens=3), 9)
    20.0
    """
    return math.exp(_each(nats, tokens, "tokens"))


def bits_per_byte(nats: float, size: int) -> float:
    """Compute the number of bits that a model needs to encode one byte of text (Shannon, 1948).

    It compares models with different tokenizers, if `nats` includes the cost of spelling unknown words
    (`Corpus.spelling`); without this cost, a tokenizer that knows fewer words looks better.

    Args:
        nats: −Σ ln p of all predicted tokens, including END, and of the spelling of unknown words.
        size: bytes of the texts in UTF-8.

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
