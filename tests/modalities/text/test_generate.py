"""A text depends on its request only and agrees with the plain network; the reader measures surprisal."""

import itertools
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

from atelier.core.text import END, PAD, UNKNOWN
from atelier.families.transformer_lm import network as transformer_lm
from atelier.modalities.text.generate import Request, Writer, _filtered, _penalised
from atelier.modalities.text.params import UNFILTERED, Filters
from atelier.modalities.text.read import Reader
from atelier.networks.network import Network

VOCABULARY, CONTEXT = 40, 20
CONFIG = {
    "context": CONTEXT,
    "width": 16,
    "depth": 2,
    "heads": 2,
    "hidden": 32,
    "activation": "relu",
    "norm": "rms",
    "norm_position": "pre",
    "positions": "rotary",
    "tied": True,
    "dropout": 0.0,
}
NARROW = Filters(top_k=5, top_p=0.8, min_p=0.05, repetition_penalty=1.3)


@pytest.fixture(scope="module")
def network() -> Network:
    keras.utils.set_random_seed(5)
    keras.config.set_dtype_policy("float32")
    config = transformer_lm.Config(**CONFIG)
    model = transformer_lm.build(config, SimpleNamespace(vocabulary=VOCABULARY))
    for variable in model.trainable_variables:
        if "norm" not in variable.path:
            variable.assign(variable * 8)
    return Network("transformer_lm", config, SimpleNamespace(vocabulary=VOCABULARY), "float32", model)


def logits(network: Network, text: list[int]) -> np.ndarray:
    """Logits of the token after `text`, without a cache."""
    row = np.full((1, CONTEXT), PAD, np.int32)
    row[0, : len(text) + 1] = [END, *text]
    return np.asarray(ops.convert_to_numpy(network.model(row)))[0, len(text)]


def test_temperature_zero_takes_the_most_probable_token_of_the_plain_network(network: Network) -> None:
    (text,) = Writer(network.model, 2, CONTEXT).write([Request((7, 9), 0, 0.0, UNFILTERED)])
    plain = [7, 9]
    while len(plain) < CONTEXT and plain[-1] != END:
        allowed = logits(network, plain)
        allowed[[PAD, UNKNOWN]] = -np.inf
        plain.append(int(allowed.argmax()))
    assert text.tokens.tolist() == plain


def test_text_depends_on_its_request_but_not_on_its_batch(network: Network) -> None:
    requests = [
        Request((5,), 1, 1.0, UNFILTERED),
        Request((5, 6, 7), 2, 0.8, NARROW),
        Request((), 3, 1.5, UNFILTERED),
        Request((5, 6), 4, 0.0, UNFILTERED),
        Request((), 5, 1.0, NARROW),
    ]
    writer = Writer(network.model, 2, CONTEXT)
    together = writer.write(requests)
    single = [writer.write([request])[0] for request in requests]
    reversed_ = writer.write(requests[::-1])[::-1]
    for text, *others in zip(together, single, reversed_, strict=True):
        for other in others:
            assert text.tokens.tolist() == other.tokens.tolist()


def test_different_seeds_give_different_texts(network: Network) -> None:
    requests = [Request((), seed, 1.5, UNFILTERED) for seed in range(4)]
    texts = Writer(network.model, 4, CONTEXT).write(requests)
    assert len({tuple(text.tokens.tolist()) for text in texts}) == 4


def test_stream_yields_growing_beginnings_of_the_text(network: Network) -> None:
    request = Request((5, 6), 3, 1.0, NARROW)
    streamed = [text.tokens.tolist() for text in Writer(network.model, 1, CONTEXT).stream(request)]
    assert streamed[-1] == Writer(network.model, 1, CONTEXT).write([request])[0].tokens.tolist()
    assert all(after[: len(before)] == before for before, after in itertools.pairwise(streamed))
    assert len(streamed[0]) == 3


def test_text_stops_at_end_and_contains_neither_unknown_tokens_nor_padding(network: Network) -> None:
    texts = Writer(network.model, 8, CONTEXT).write([Request((), seed, 2.0, UNFILTERED) for seed in range(64)])
    assert any(text.ended for text in texts)
    assert any(not text.ended for text in texts)
    for text in texts:
        assert not {PAD, UNKNOWN} & set(text.tokens.tolist())
        assert END not in text.words.tolist()


def test_surprisal_is_that_of_the_plain_network_without_filters(network: Network) -> None:
    (text,) = Writer(network.model, 1, CONTEXT).write([Request((8,), 1, 0.5, NARROW)])
    for place, (token, nats) in enumerate(zip(text.tokens, text.nats, strict=True)):
        plain = logits(network, text.tokens[:place].tolist()).astype(np.float64)
        assert nats == pytest.approx(np.log(np.exp(plain).sum()) - plain[token], abs=1e-3)


def test_samples_follow_the_distribution_of_the_network(network: Network) -> None:
    writer = Writer(network.model, 500, 2)
    texts = writer.write([Request((6,), seed, 1.0, UNFILTERED) for seed in range(4000)])
    drawn = np.bincount([int(text.tokens[1]) for text in texts], minlength=VOCABULARY) / len(texts)
    plain = logits(network, [6]).astype(np.float64)
    plain[[PAD, UNKNOWN]] = -np.inf
    expected = np.exp(plain - plain.max())
    assert np.abs(drawn - expected / expected.sum()).max() < 0.03


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ((2, 1.0, 0.0), [0.5, 0.25]),
        ((9, 0.6, 0.0), [0.5, 0.25]),
        ((9, 0.5, 0.0), [0.5]),
        ((9, 0.76, 0.0), [0.5, 0.25, 0.125]),
        ((9, 1.0, 0.3), [0.5, 0.25]),
        ((1, 1.0, 0.0), [0.5]),
        ((9, 1.0, 0.0), [0.5, 0.25, 0.125, 0.125 / 2, 0.125 / 2]),
    ],
)
def test_filters_keep_the_configured_tokens(filters: tuple[int, float, float], kept: list[float]) -> None:
    probabilities = np.asarray([[0.125, 0.5, 0.0625, 0.25, 0.0625]], np.float32)
    top_k, top_p, min_p = filters
    k, p, m = np.asarray([[min(top_k, 5)]]), np.asarray([[top_p]], np.float32), np.asarray([[min_p]], np.float32)
    left = np.asarray(ops.convert_to_numpy(_filtered(ops.convert_to_tensor(probabilities), k, p, m)))
    assert sorted(left[left > 0].tolist(), reverse=True) == kept


def test_repetition_penalty_avoids_earlier_tokens(network: Network) -> None:
    strict = Filters(top_k=0, top_p=1.0, min_p=0.0, repetition_penalty=10.0)
    plain, penalised = Writer(network.model, 2, CONTEXT).write([Request((7,), 0, 0.0, f) for f in (UNFILTERED, strict)])
    assert len(set(penalised.tokens.tolist())) > len(set(plain.tokens.tolist()))


def test_repetition_penalty_does_not_apply_to_the_end(network: Network) -> None:
    plain = logits(network, [7])
    plain[END] = plain.max() + 1
    tokens = np.asarray([[END, 7, PAD]], np.int32)
    left = np.asarray(ops.convert_to_numpy(_penalised(plain[None], tokens, np.full((1, 1), 10.0, np.float32))))
    assert left[0, END] == plain[END]
    assert left[0, 7] != plain[7]


def test_text_that_does_not_fit_the_context_is_refused(network: Network) -> None:
    with pytest.raises(ValueError, match=r"21 tokens .* context of 20"):
        Writer(network.model, 1, CONTEXT + 1)
    with pytest.raises(ValueError, match=r"prompt of 4 tokens .* 4 tokens"):
        Writer(network.model, 1, 4).write([Request((5, 6, 7, 8), 0, 1.0, UNFILTERED)])


def stream(texts: int = 5) -> np.ndarray:
    generator = np.random.default_rng(0)
    rows = [[*generator.integers(END + 1, VOCABULARY, generator.integers(3, 12)), END] for _ in range(texts)]
    return np.concatenate(rows).astype(np.int32)


@pytest.mark.parametrize("stride", [1, 7, CONTEXT])
def test_reader_measures_the_surprisal_of_each_token_after_its_own_text(network: Network, stride: int) -> None:
    tokens = stream()
    nats = Reader(network.model, 3).nats(tokens, stride)
    assert nats.shape == tokens.shape
    text: list[int] = []
    for place, token in enumerate(tokens):
        plain = logits(network, text).astype(np.float64)
        # With a larger stride a window may begin inside a text.
        if stride == 1 or place < CONTEXT:
            assert nats[place] == pytest.approx(np.log(np.exp(plain).sum()) - plain[token], abs=1e-3)
        text = [] if token == END else [*text, int(token)]


def test_reader_does_not_depend_on_the_batch(network: Network) -> None:
    tokens = stream(9)
    np.testing.assert_allclose(
        Reader(network.model, 1).nats(tokens, 5), Reader(network.model, 4).nats(tokens, 5), atol=1e-5
    )


@pytest.mark.parametrize("stride", [0, CONTEXT + 1])
def test_stride_outside_of_the_context_is_refused(network: Network, stride: int) -> None:
    with pytest.raises(ValueError, match=rf"stride of {stride} .* {CONTEXT}$"):
        Reader(network.model, 1).nats(stream(), stride)
