"""Writing with a language model, and reading with it: what it makes up, and how much what is there surprises it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import ops

from atelier.core import seeds
from atelier.core.params.text import Filters
from atelier.core.text import END, PAD, UNKNOWN, Tokenizer
from atelier.pipeline import batching

# Stands for the logit of what may not come.
NEVER = -1e9
# Uniform numbers stay below it, so that in float32 none reaches the end of a cumulated distribution.
BELOW_ONE = 1 - 2.0**-20
# How exactly filters tell tokens apart, as a share of the likeliest one's chance.
CLOSE = 2.0**-30


@dataclass(frozen=True)
class Request:
    """A text to write: what it begins with (tokens without END), the seed that decides it, how it is decided."""

    prompt: tuple[int, ...]
    seed: int
    temperature: float
    filters: Filters


@dataclass(frozen=True)
class Text:
    """A text that was written.

    Attributes:
        tokens: int32 ``(length,)``: prompt and continuation; END is the last one if the text came to its end.
        nats: float32 ``(length,)``: how much each token surprised the model, whatever filters and temperature did.
        prompt: how many of the tokens were given.
    """

    tokens: np.ndarray
    nats: np.ndarray
    prompt: int

    @property
    def ended(self) -> bool:
        return bool(len(self.tokens)) and int(self.tokens[-1]) == END

    @property
    def words(self) -> np.ndarray:
        """The tokens without END."""
        return self.tokens[:-1] if self.ended else self.tokens


def told(text: Text, tokenizer: Tokenizer) -> list[tuple[str, float | None]]:
    """What each token of a text adds to it, with its surprise in nats; None for what was given."""
    pieces = tokenizer.pieces(text.tokens)
    surprise = [None if i < text.prompt else round(float(nats), 2) for i, nats in enumerate(text.nats)]
    return [(piece, nats) for piece, nats in zip(pieces, surprise, strict=True) if piece]


class Writer:
    """Writes up to `batch` texts at a time, each of up to `length` tokens, with one compiled function.

    A text depends on its own request only, not on those that are written beside it. UNKNOWN never comes: a sample is
    made of words.

    Raises:
        ValueError: the texts would be longer than the network's context.
    """

    def __init__(self, model: keras.Model, batch: int, length: int) -> None:
        if length > model.config.context:
            raise ValueError(
                f"a text of {length} tokens does not fit the context of {model.config.context} that the network "
                "was trained with; ask for fewer tokens"
            )
        self.model, self.batch, self.length = model, batch, length
        self._loops: dict[tuple[int, bool, bool], _Loop] = {}

    def write(self, requests: Sequence[Request]) -> list[Text]:
        """One text for each request, in their order.

        Raises:
            ValueError: a prompt leaves no room for a continuation.
        """
        texts: list[Text] = []
        for start in range(0, len(requests), self.batch):
            chunk = list(requests[start : start + self.batch])
            *_, state = self._run(chunk, self.length)
            texts += self._texts(state, chunk)
        return texts

    def stream(self, request: Request) -> Iterator[Text]:
        """One text as it grows: after each token, the text so far."""
        for state in self._run([request], 1):
            if int(state["position"][0]) > len(request.prompt):
                yield self._texts(state, [request])[0]

    def _run(self, requests: list[Request], steps: int) -> Iterator[dict[str, Any]]:
        """The state after every so many steps, until all texts have ended."""
        # Rows that nobody asked for fill the batch, because kernels may round differently for another size.
        rows = requests + [requests[-1]] * (self.batch - len(requests))
        penalised = any(row.filters.repetition_penalty != 1 for row in rows)
        filtered = any(row.filters.top_k or row.filters.top_p < 1 or row.filters.min_p for row in rows)
        key = (steps, filtered, penalised)
        if key not in self._loops:
            self._loops[key] = _Loop(self.model, steps, filtered, penalised)
        state = self._start(rows)
        ended = False
        while not ended:
            state |= self._loops[key].predict_on_batch(state)
            ended = int(state["position"][0]) >= self.length or bool(state["ended"].all())
            yield state

    def _start(self, rows: list[Request]) -> dict[str, Any]:
        given = np.full((self.batch, self.length + 1), PAD, np.int32)
        given[:, 0] = END
        for i, row in enumerate(rows):
            if len(row.prompt) >= self.length:
                raise ValueError(f"a prompt of {len(row.prompt)} tokens leaves no room in {self.length} tokens")
            given[i, 1 : 1 + len(row.prompt)] = row.prompt
        uniforms = np.stack([seeds.generator(row.seed, "text").random(self.length) for row in rows])
        model = self.model
        return {
            "tokens": given,
            "nats": np.zeros((self.batch, self.length + 1), np.float32),
            "position": np.zeros(1, np.int32),
            "ended": np.zeros(self.batch, bool),
            "caches": [
                tuple(ops.convert_to_numpy(side) for side in cache)
                for cache in model.empty_caches(self.batch, self.length)
            ],
            "uniforms": np.minimum(uniforms, BELOW_ONE).astype(np.float32),
            "temperature": np.asarray([row.temperature for row in rows], np.float32),
            "top_k": np.asarray([row.filters.top_k or model.vocabulary for row in rows], np.int32),
            "top_p": np.asarray([row.filters.top_p for row in rows], np.float32),
            "min_p": np.asarray([row.filters.min_p for row in rows], np.float32),
            "repetition_penalty": np.asarray([row.filters.repetition_penalty for row in rows], np.float32),
        }

    def _texts(self, state: dict[str, Any], requests: list[Request]) -> list[Text]:
        reached = int(state["position"][0]) + 1
        texts = []
        for i, request in enumerate(requests):
            tokens = np.asarray(state["tokens"][i, 1:reached])
            length = int((tokens != PAD).sum())
            nats = np.asarray(state["nats"][i, 1 : 1 + length])
            texts.append(Text(tokens[:length].copy(), nats.copy(), len(request.prompt)))
        return texts


@lru_cache(maxsize=4)
def writer(model: keras.Model, batch: int, length: int) -> Writer:
    """The same writer for the same network again: what is compiled for one preview serves the next."""
    return Writer(model, batch, length)


class Reader:
    """Measures how much each token of a stream of texts surprises the network, `batch` windows at a time."""

    def __init__(self, model: keras.Model, batch: int) -> None:
        self.model, self.batch = model, batch
        self._surprise = _Surprise(model)

    def nats(self, tokens: np.ndarray, stride: int) -> np.ndarray:
        """−log p of each token, given those before it in its text.

        Args:
            tokens: ``(n,)``, with END behind each text.
            stride: from 1 to the context; each token sees at least ``context − stride`` tokens before it, or all of
                its text that there is. Smaller ones cost more time: each token is read ``context / stride`` times.

        Returns:
            float32 ``(n,)``.

        Raises:
            ValueError: no tokens, or a stride outside of the context.
        """
        context = self.model.config.context
        if not 1 <= stride <= context:
            raise ValueError(f"a stride of {stride} is not between 1 and the context of {context}")
        if not len(tokens):
            raise ValueError("there are no tokens to read")
        stream = np.concatenate([[END], np.asarray(tokens, np.int32)])
        starts = range(0, max(1, len(tokens) - context + stride), stride)
        stream = np.pad(stream, (0, starts[-1] + context + 1 - len(stream)), constant_values=PAD)
        windows = np.lib.stride_tricks.sliding_window_view(stream, context + 1)[::stride]
        result = np.zeros(len(stream) - 1, np.float32)
        for start, nats in zip(starts, batching.apply(self._surprise, windows, self.batch), strict=True):
            # What an earlier window has read with more before it stays.
            new = context - stride if start else 0
            result[start + new : start + context] = nats[new:]
        return result[: len(tokens)]


class _Surprise(keras.Model):
    """Windows of tokens, int32 ``(n, length + 1)`` → −log p of each but the first, float32 ``(n, length)``."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__(name="surprise", dtype="float32", autocast=False)
        self.model = model
        self.built = True

    def call(self, windows: Any) -> Any:
        logits = ops.cast(self.model(windows[:, :-1]), "float32")
        return keras.losses.sparse_categorical_crossentropy(windows[:, 1:], logits, from_logits=True)


class _Loop(keras.Model):
    """So many more tokens for each text of a batch, as one function that the backend compiles."""

    def __init__(self, model: keras.Model, steps: int, filtered: bool, penalised: bool) -> None:
        super().__init__(name="loop", dtype="float32", autocast=False)
        self.model, self.steps, self.filtered, self.penalised = model, steps, filtered, penalised
        self.built = True

    def call(self, state: dict[str, Any]) -> dict[str, Any]:
        first = state["position"][0]
        last = ops.minimum(first + self.steps, ops.shape(state["tokens"])[1] - 1)

        def unfinished(position: Any, tokens: Any, nats: Any, ended: Any, caches: Any) -> Any:
            return (position < last) & ~ops.all(ended)

        def step(position: Any, tokens: Any, nats: Any, ended: Any, caches: Any) -> tuple[Any, ...]:
            now = ops.take(tokens, position, axis=1)
            logits, caches = self.model.step(now, position, caches)
            logits = ops.cast(logits, "float32")
            given = ops.take(tokens, position + 1, axis=1)
            chosen = ops.where(given != PAD, given, self._choose(logits, position, tokens, state))
            chosen = ops.where(ended, PAD, chosen)
            surprise = -ops.take_along_axis(ops.log_softmax(logits), chosen[:, None], axis=1)
            tokens = ops.slice_update(tokens, (0, position + 1), chosen[:, None])
            nats = ops.slice_update(nats, (0, position + 1), surprise)
            return position + 1, tokens, nats, ended | (chosen == END), caches

        position, tokens, nats, ended, caches = ops.while_loop(
            unfinished, step, (first, state["tokens"], state["nats"], state["ended"], state["caches"])
        )
        return {
            "position": ops.reshape(position, (1,)),
            "tokens": tokens,
            "nats": nats,
            "ended": ended,
            "caches": caches,
        }

    def _choose(self, logits: Any, position: Any, tokens: Any, state: dict[str, Any]) -> Any:
        """The next token of each text, int32 ``(n,)``."""
        vocabulary = self.model.vocabulary
        places = ops.arange(vocabulary)
        logits = ops.where((places == PAD) | (places == UNKNOWN), NEVER, logits)
        if self.penalised:
            logits = _penalised(logits, tokens, state["repetition_penalty"][:, None])
        temperature = state["temperature"][:, None]
        # Temperature 0 is the limit: the likeliest token.
        chances = ops.softmax(logits / ops.maximum(temperature, 1e-6))
        if self.filtered:
            chances = _filtered(chances, *(state[name][:, None] for name in ("top_k", "top_p", "min_p")))
        cumulated = ops.cumsum(chances, axis=-1)
        aim = ops.take(state["uniforms"], position, axis=1)[:, None] * cumulated[:, -1:]
        drawn = ops.sum(ops.cast(cumulated <= aim, "int32"), axis=-1)
        return ops.where(temperature[:, 0] > 0, drawn, ops.cast(ops.argmax(logits, axis=-1), "int32"))


def _penalised(logits: Any, tokens: Any, penalty: Any) -> Any:
    count, length = ops.shape(tokens)
    rows = ops.repeat(ops.arange(count), length)
    places = ops.stack([rows, ops.reshape(tokens, (-1,))], axis=1)
    held = ops.scatter(places, ops.ones((count * length,)), ops.shape(logits)) > 0
    # Every text begins with END: shunning it would keep texts from ending.
    held = held & (ops.arange(ops.shape(logits)[1]) != END)
    return ops.where(held, ops.where(logits > 0, logits / penalty, logits * penalty), logits)


def _filtered(chances: Any, top_k: Any, top_p: Any, min_p: Any) -> Any:
    """Chances ``(n, vocabulary)`` with 0 for what may not come.

    The least chance that may come is the largest from which on there are `top_k` tokens, or `top_p` of all chances. It
    is found by halving an interval, which takes a tenth of the time of sorting; tokens closer to it than `CLOSE` of the
    likeliest may come as well.
    """
    largest = ops.max(chances, axis=-1, keepdims=True)

    def halve(_: Any, ends: tuple[Any, Any]) -> tuple[Any, Any]:
        low, high = ends
        middle = (low + high) / 2
        kept = chances >= middle
        chance = ops.sum(ops.where(kept, chances, 0.0), axis=-1, keepdims=True)
        count = ops.sum(ops.cast(kept, "int32"), axis=-1, keepdims=True)
        enough = (chance >= top_p) | (count >= top_k)
        return ops.where(enough, middle, low), ops.where(enough, high, middle)

    least, _ = ops.fori_loop(0, -round(math.log2(CLOSE)), halve, (ops.zeros_like(largest), largest))
    return ops.where(chances >= ops.maximum(least, min_p * largest), chances, 0.0)
