"""What a language model attends to, and that its cache and its custom gradient agree with the plain computation."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

from atelier.core.text import END, PAD
from atelier.families.transformer_lm import network as transformer_lm
from atelier.families.transformer_lm.network import Config, Learner, TransformerLM
from atelier.params.strict import ParamsError, validate

VOCABULARY, CONTEXT = 40, 16
BASE = {
    "context": CONTEXT,
    "width": 16,
    "depth": 2,
    "heads": 2,
    "hidden": 32,
    "activation": "gelu",
    "norm": "rms",
    "norm_position": "pre",
    "positions": "rotary",
    "tied": True,
    "dropout": 0.1,
}
TEXTBOOK = {"activation": "relu", "norm": "layer", "norm_position": "post", "positions": "learned", "tied": False}
# Every pair of two choices is in one of these networks.
PAIRS = [
    dict(zip(TEXTBOOK, values, strict=True))
    for values in (
        ("relu", "layer", "pre", "rotary", True),
        ("relu", "rms", "post", "learned", False),
        ("gelu", "layer", "pre", "learned", False),
        ("gelu", "rms", "post", "rotary", True),
        ("swiglu", "layer", "post", "rotary", False),
        ("swiglu", "rms", "pre", "learned", True),
    )
]


def built(**changes: object) -> TransformerLM:
    """A network with weights so large that every attended token changes its logits."""
    keras.utils.set_random_seed(3)
    keras.config.set_dtype_policy("float32")
    model = transformer_lm.build(Config(**(BASE | changes)), SimpleNamespace(vocabulary=VOCABULARY))
    for variable in model.trainable_variables:
        if "norm" not in variable.path:
            variable.assign(variable * 10)
    return model


def tokens(rows: int = 3, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).integers(END + 1, VOCABULARY, (rows, CONTEXT), dtype=np.int32)
    drawn[:, 0] = END
    return drawn


def logits(model: TransformerLM, rows: np.ndarray) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(model(rows)))


@pytest.mark.parametrize("changes", PAIRS, ids=lambda changes: "-".join(map(str, changes.values())))
def test_logits_do_not_depend_on_later_tokens(changes: dict) -> None:
    model, before = built(**changes), tokens()
    plain = logits(model, before)
    for place in (1, 7):
        after = before.copy()
        after[:, place:] = tokens(seed=1)[:, place:]
        changed = logits(model, after)
        assert np.array_equal(changed[:, :place], plain[:, :place])
        assert not np.allclose(changed[:, place:], plain[:, place:])


def test_logits_do_not_depend_on_the_previous_text_in_the_row() -> None:
    model, rows = built(), tokens()
    rows[:, 6] = END
    other = rows.copy()
    other[:, 1:6] = tokens(seed=1)[:, 1:6]
    first, second = logits(model, rows), logits(model, other)
    assert np.array_equal(first[:, 6:], second[:, 6:])
    assert not np.allclose(first[:, 1:6], second[:, 1:6])


def test_logits_depend_on_every_earlier_token() -> None:
    model, rows = built(), np.repeat(tokens(1), CONTEXT, axis=0)
    for place in range(1, CONTEXT):
        rows[place, place] = END + 1 + (rows[place, place] - END) % (VOCABULARY - END - 1)
    last = logits(model, rows)[:, -1]
    assert (np.abs(last[1:] - last[0]).max(axis=1) > 1e-6).all()


@pytest.mark.parametrize("changes", [{}, TEXTBOOK, {"activation": "swiglu"}])
def test_cached_and_uncached_logits_agree(changes: dict) -> None:
    model, rows = built(**changes), tokens()
    caches, steps = model.empty_caches(len(rows), CONTEXT), []
    for place in range(CONTEXT):
        step, caches = model.step(ops.convert_to_tensor(rows[:, place]), ops.convert_to_tensor(place), caches)
        steps.append(ops.convert_to_numpy(step))
    np.testing.assert_allclose(np.stack(steps, axis=1), logits(model, rows), atol=1e-4)


@pytest.mark.parametrize("tied", [True, False])
def test_custom_gradient_is_that_of_the_plain_loss(tied: bool) -> None:
    rows = tokens()
    targets = np.roll(rows, -1, axis=1)
    targets[:, -4:] = PAD

    class Plain(Learner):
        def call(self, tokens: object, training: bool = False) -> object:
            return self.model(tokens)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):  # type: ignore[no-untyped-def]
            counted = ops.cast(y != PAD, "float32")
            nats = keras.losses.sparse_categorical_crossentropy(y, y_pred, from_logits=True)
            return ops.sum(nats * counted) / ops.sum(counted)

    losses, steps = [], []
    for kind in (Learner, Plain):
        model = built(tied=tied, dropout=0.0)
        before = [np.array(ops.convert_to_numpy(variable)) for variable in model.trainable_variables]
        learner = kind(model)
        learner.compile(optimizer=keras.optimizers.SGD(1.0), jit_compile=False)
        losses.append(float(learner.train_on_batch(rows, targets)))
        after = [ops.convert_to_numpy(variable) for variable in model.trainable_variables]
        steps.append([b - a for a, b in zip(before, after, strict=True)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for ours, plain in zip(*steps, strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-3, atol=1e-5)


def test_padding_does_not_contribute_to_the_loss() -> None:
    rows = tokens()
    targets = np.roll(rows, -1, axis=1)
    targets[:, 8:] = PAD
    longer, shorter = Learner(built(dropout=0.0)), Learner(built(dropout=0.0))
    for learner in (longer, shorter):
        learner.compile(optimizer="sgd", jit_compile=False)
    whole = longer.evaluate(rows, targets, verbose=0)
    cut = shorter.evaluate(rows[:, :8], targets[:, :8], verbose=0)
    assert whole == pytest.approx(cut, rel=1e-5)


def test_tied_embeddings_are_one_matrix() -> None:
    shapes = [tuple(variable.shape) for variable in built(tied=True).trainable_variables]
    untied = [tuple(variable.shape) for variable in built(tied=False).trainable_variables]
    assert shapes.count((VOCABULARY, 16)) == 1
    assert (16, VOCABULARY) not in shapes
    assert (16, VOCABULARY) in untied


@pytest.mark.parametrize(
    ("changes", "message"), [({"heads": 3}, "width 16 .* heads 3"), ({"width": 10, "heads": 2}, "even .* got 5")]
)
def test_width_that_is_not_divisible_by_heads_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        validate(Config, BASE | {"width": 16} | changes, "runs.lm.train")
