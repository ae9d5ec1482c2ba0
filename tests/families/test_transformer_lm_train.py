"""The training of a language model: rows of tokens without padding, and initial embeddings."""

import numpy as np
import pytest

from atelier.core.text import END
from atelier.families.transformer_lm.train import Rows, cooccurrence

CONTEXT, BATCH = 8, 4


def counted(length: int = 400) -> np.ndarray:
    return np.arange(length, dtype=np.uint16)


def test_targets_are_the_tokens_after_the_inputs() -> None:
    rows = Rows(counted(), CONTEXT, BATCH, 0, seed=1)
    inputs, targets = rows[0]
    assert inputs.shape == targets.shape == (BATCH, CONTEXT)
    assert inputs.dtype == np.int32
    assert np.array_equal(targets, inputs + 1)


def test_every_token_is_read_once_before_any_is_read_twice() -> None:
    rows = Rows(counted(), CONTEXT, BATCH, 0, seed=1)
    targets = np.concatenate([rows[index][1].ravel() for index in range(len(rows))])
    assert len(set(targets.tolist())) == len(targets) > 400 - 2 * CONTEXT * BATCH


def test_short_epoch_continues_where_the_previous_one_ended() -> None:
    whole, parts = Rows(counted(), CONTEXT, BATCH, 0, seed=1), Rows(counted(), CONTEXT, BATCH, 2, seed=1)
    assert len(parts) == 2
    parts.start_epoch(3)
    for index in range(2):
        assert np.array_equal(parts[index][0], whole[6 + index][0])


def test_next_pass_cuts_the_sequence_at_other_places() -> None:
    rows = Rows(counted(), CONTEXT, BATCH, 0, seed=1)
    first = {int(row[0]) for index in range(len(rows)) for row in rows[index][0]}
    rows.start_epoch(1)
    second = {int(row[0]) for index in range(len(rows)) for row in rows[index][0]}
    assert {start % CONTEXT for start in first} != {start % CONTEXT for start in second}


def test_sequence_too_short_for_a_batch_is_refused() -> None:
    with pytest.raises(ValueError, match=r"4 rows of 8 tokens .* 40 .* 39"):
        Rows(counted(39), CONTEXT, BATCH, 0, seed=1)
    assert len(Rows(counted(40), CONTEXT, BATCH, 0, seed=1)) == 1


def test_tokens_with_similar_neighbours_start_with_similar_embeddings() -> None:
    generator = np.random.default_rng(0)
    # Two kinds of sentences: tokens 3–6 precede 7–10, tokens 11–14 precede 15–18.
    texts = []
    for _ in range(3000):
        kind = 8 * int(generator.integers(2))
        texts += [3 + kind + generator.integers(4), 7 + kind + generator.integers(4), END]
    directions = cooccurrence(np.asarray(texts, np.uint16), 20, 4, seed=0)
    assert directions.shape == (20, 4)
    np.testing.assert_allclose(np.linalg.norm(directions[3:19], axis=1), 1, atol=1e-5)
    assert not directions[[0, 1, 19]].any()
    cosines = directions @ directions.T
    assert cosines[3, 4:7].min() > 0.9
    assert np.abs(cosines[3, 11:15]).max() < cosines[3, 4:7].min()


def test_initial_embeddings_are_reproducible() -> None:
    tokens = np.random.default_rng(1).integers(2, 30, 2000).astype(np.uint16)
    assert np.array_equal(cooccurrence(tokens, 30, 5, seed=3), cooccurrence(tokens, 30, 5, seed=3))


def test_embeddings_wider_than_the_vocabulary_are_refused() -> None:
    with pytest.raises(ValueError, match=r"embedding: .* got 30 and 30"):
        cooccurrence(counted(29), 30, 30, seed=0)
