import math

import pytest

from atelier.metrics.text.likelihood import bits_per_byte, perplexity


def test_perplexity_of_a_uniform_distribution_is_its_size():
    assert perplexity(7 * math.log(15_000), 7) == pytest.approx(15_000, rel=1e-12)


def test_perplexity_of_certain_predictions_is_one():
    assert perplexity(0.0, 5) == 1.0


def test_bits_per_byte_of_random_bytes_is_eight():
    assert bits_per_byte(100 * math.log(256), 100) == pytest.approx(8, rel=1e-12)


def test_bits_per_byte_does_not_depend_on_the_tokenizer():
    # 12 tokens of 3 bits or 6 tokens of 6 bits: perplexities differ, bits per byte do not.
    small, large = 12 * 3 * math.log(2), 6 * 6 * math.log(2)
    assert perplexity(small, 12) == pytest.approx(8)
    assert perplexity(large, 6) == pytest.approx(64)
    assert bits_per_byte(small, 24) == bits_per_byte(large, 24) == pytest.approx(1.5)


@pytest.mark.parametrize("nats", [-0.1, math.nan, math.inf])
def test_invalid_nats_are_refused(nats):
    for number in (perplexity, bits_per_byte):
        with pytest.raises(ValueError, match=f"nats must be finite and at least 0, got {nats}"):
            number(nats, 1)


def test_zero_tokens_or_bytes_are_refused():
    with pytest.raises(ValueError, match="tokens must be at least 1, got 0"):
        perplexity(1.0, 0)
    with pytest.raises(ValueError, match="bytes must be at least 1, got 0"):
        bits_per_byte(1.0, 0)
