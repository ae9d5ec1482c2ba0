"""Generate texts with a language model."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import ops

from atelier.core import seeds
from atelier.core.text import END, PAD, UNKNOWN, Tokenizer
from atelier.modalities.text.params import Filters

# Logit of tokens that cannot be sampled.
NEVER = -1e9
# Upper bound of the uniform numbers, so that none reaches the end of a cumulative distribution in float32.
BELOW_ONE = 1 - 2.0**-20
# Precision of the filters' threshold, as a share of the largest probability.
PRECISION = 2.0**-30


@dataclass(frozen=True)
class Request:
    """A text to generate.

    Attributes:
        prompt: its first tokens, without END.
        temperature: divides the logits; 0 always takes the most probable token.
        first: bool ``(vocabulary,)``: the tokens that may follow the prompt; None allows all.
    """

    prompt: tuple[int, ...]
    seed: int
    temperature: float
    filters: Filters
    first: np.ndarray | None = None


@dataclass(frozen=True)
class Prompt:
    """The beginning of a text: tokens without END, and the tokens that may follow (see `Request`)."""

    tokens: tuple[int, ...]
    first: np.ndarray | None

    @classmethod
    def of(cls, text: str, tokenizer: Tokenizer, continue_word: bool = False) -> "Prompt":
        """Encode a prompt.

        Its last word is complete unless `continue_word`: the first generated token begins a new word or is punctuation.
        """
        tokens = tuple(tokenizer.encode(text if continue_word else text.rstrip()))
        return cls(tokens, tokenizer.word_starts() if tokens and not continue_word else None)

    def request(self, seed: int, temperature: float, filters: Filters) -> Request:
        """Return the request for a text that begins with this prompt."""
        return Request(self.tokens, seed, temperature, filters, self.first)


@dataclass(frozen=True)
class Text:
    """A generated text.

    Attributes:
        tokens: int32 ``(length,)``: prompt and continuation; the last one is END if the text is complete.
        nats: float32 ``(length,)``: surprisal of each token under the model, before temperature and filters.
        prompt: number of tokens of the prompt.
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


def tokens_with_surprisal(text: Text, tokenizer: Tokenizer) -> list[tuple[str, float | None]]:
    """Return the characters that each token adds to the text, with its surprisal in nats (None in the prompt)."""
    pieces = tokenizer.pieces(text.tokens)
    surprisal = [None if i < text.prompt else round(float(nats), 2) for i, nats in enumerate(text.nats)]
    return [(piece, nats) for piece, nats in zip(pieces, surprisal, strict=True) if piece]


class Writer:
    """Generate up to `batch` texts at once, each of up to `length` tokens, with one compiled function.

    A text depends only on its own request, not on the others of its batch. UNKNOWN is never sampled. A `length` above
    the network's context raises `ValueError`.
    """

    def __init__(self, model: keras.Model, batch: int, length: int) -> None:
        if length > model.config.context:
            raise ValueError(
                f"a text of {length} tokens does not fit the context of {model.config.context} that the network "
                "was trained with; ask for fewer tokens"
            )
        self.model, self.batch, self.length = model, batch, length
        self._loops: dict[tuple[int, bool, bool, bool], _Loop] = {}

    def write(self, requests: Sequence[Request]) -> list[Text]:
        """Generate one text for each request, in order; raise `ValueError` if a prompt fills the whole length."""
        texts: list[Text] = []
        for start in range(0, len(requests), self.batch):
            chunk = list(requests[start : start + self.batch])
            *_, state = self._run(chunk, self.length)
            texts += self._texts(state, chunk)
        return texts

    def stream(self, request: Request) -> Iterator[Text]:
        """Yield one text after each new token."""
        for state in self._run([request], 1):
            if int(state["position"][0]) > len(request.prompt):
                yield self._texts(state, [request])[0]

    def _run(self, requests: list[Request], steps: int) -> Iterator[dict[str, Any]]:
        """Yield the decoding state every `steps` tokens until all texts are complete."""
        # Fill unused rows: with another batch size, kernels may round differently.
        rows = requests + [requests[-1]] * (self.batch - len(requests))
        penalised = any(row.filters.repetition_penalty != 1 for row in rows)
        filtered = any(row.filters.top_k or row.filters.top_p < 1 or row.filters.min_p for row in rows)
        constrained = any(row.first is not None for row in rows)
        key = (steps, filtered, penalised, constrained)
        if key not in self._loops:
            self._loops[key] = _Loop(self.model, *key)
        state = self._start(rows)
        if constrained:
            everything = np.ones(self.model.vocabulary, bool)
            state["first"] = np.stack([everything if row.first is None else row.first for row in rows])
            state["prompts"] = np.asarray([len(row.prompt) for row in rows], np.int32)
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
        model, vocabulary = self.model, self.model.vocabulary
        return {
            "tokens": given,
            "nats": np.zeros((self.batch, self.length + 1), np.float32),
            "position": np.zeros(1, np.int32),
            "ended": np.zeros(self.batch, bool),
            "caches": [tuple(map(ops.convert_to_numpy, c)) for c in model.empty_caches(self.batch, self.length)],
            "uniforms": np.minimum(uniforms, BELOW_ONE).astype(np.float32),
            "temperature": np.asarray([row.temperature for row in rows], np.float32),
            "top_k": np.asarray([min(row.filters.top_k or vocabulary, vocabulary) for row in rows], np.int32),
            **{
                name: np.asarray([getattr(row.filters, name) for row in rows], np.float32)
                for name in ("top_p", "min_p", "repetition_penalty")
            },
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
    """Return a cached `Writer`, so that later previews reuse its compiled function."""
    return Writer(model, batch, length)


class _Loop(keras.Model):
    """Generate up to `steps` more tokens for each text of a batch, as one function that the backend compiles."""

    def __init__(self, model: keras.Model, steps: int, filtered: bool, penalised: bool, constrained: bool) -> None:
        super().__init__(name="loop", dtype="float32", autocast=False)
        self.model, self.steps = model, steps
        self.filtered, self.penalised, self.constrained = filtered, penalised, constrained
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
            surprisal = -ops.take_along_axis(ops.log_softmax(logits), chosen[:, None], axis=1)
            tokens = ops.slice_update(tokens, (0, position + 1), chosen[:, None])
            nats = ops.slice_update(nats, (0, position + 1), surprisal)
            return position + 1, tokens, nats, ended | (chosen == END), caches

        position, tokens, nats, ended, caches = ops.while_loop(
            unfinished, step, (first, state["tokens"], state["nats"], state["ended"], state["caches"])
        )
        position = ops.reshape(position, (1,))
        return {"position": position, "tokens": tokens, "nats": nats, "ended": ended, "caches": caches}

    def _choose(self, logits: Any, position: Any, tokens: Any, state: dict[str, Any]) -> Any:
        """Sample the next token of each text, int32 ``(n,)``."""
        indices = ops.arange(self.model.vocabulary)
        logits = ops.where((indices == PAD) | (indices == UNKNOWN), NEVER, logits)
        if self.constrained:
            follows_prompt = (state["prompts"] == position)[:, None]
            logits = ops.where(follows_prompt & ~state["first"], NEVER, logits)
        if self.penalised:
            logits = _penalised(logits, tokens, state["repetition_penalty"][:, None])
        temperature = state["temperature"][:, None]
        # Temperature 0 is the limit: the most probable token.
        probabilities = ops.softmax(logits / ops.maximum(temperature, 1e-6))
        if self.filtered:
            filters = (state[name][:, None] for name in ("top_k", "top_p", "min_p"))
            probabilities = _filtered(probabilities, *filters)
        cumulative = ops.cumsum(probabilities, axis=-1)
        threshold = ops.take(state["uniforms"], position, axis=1)[:, None] * cumulative[:, -1:]
        drawn = ops.sum(ops.cast(cumulative <= threshold, "int32"), axis=-1)
        return ops.where(temperature[:, 0] > 0, drawn, ops.cast(ops.argmax(logits, axis=-1), "int32"))


def _penalised(logits: Any, tokens: Any, penalty: Any) -> Any:
    """Apply the repetition penalty to the logits ``(n, vocabulary)`` of tokens that a text already contains."""
    count, length = ops.shape(tokens)
    rows = ops.repeat(ops.arange(count), length)
    places = ops.stack([rows, ops.reshape(tokens, (-1,))], axis=1)
    contained = ops.scatter(places, ops.ones((count * length,)), ops.shape(logits)) > 0
    # Every text begins with END: a penalty on it would keep texts from ending.
    contained = contained & (ops.arange(ops.shape(logits)[1]) != END)
    return ops.where(contained, ops.where(logits > 0, logits / penalty, logits * penalty), logits)


def _filtered(probabilities: Any, top_k: Any, top_p: Any, min_p: Any) -> Any:
    """Set the probabilities ``(n, vocabulary)`` of tokens that cannot be sampled to 0.

    The threshold is the largest probability that keeps `top_k` tokens, or a total probability of `top_p`. Bisection
    finds it in a tenth of the time of sorting; tokens within `PRECISION` of it are kept as well.
    """
    largest = ops.max(probabilities, axis=-1, keepdims=True)

    def bisect(_: Any, interval: tuple[Any, Any]) -> tuple[Any, Any]:
        low, high = interval
        middle = (low + high) / 2
        kept = probabilities >= middle
        total = ops.sum(ops.where(kept, probabilities, 0.0), axis=-1, keepdims=True)
        count = ops.sum(ops.cast(kept, "int32"), axis=-1, keepdims=True)
        enough = (total >= top_p) | (count >= top_k)
        return ops.where(enough, middle, low), ops.where(enough, high, middle)

    threshold, _ = ops.fori_loop(0, -round(math.log2(PRECISION)), bisect, (ops.zeros_like(largest), largest))
    return ops.where(probabilities >= ops.maximum(threshold, min_p * largest), probabilities, 0.0)
