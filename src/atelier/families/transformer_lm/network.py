"""Decoder-only Transformer language model (Vaswani et al., 2017, arXiv:1706.03762; Radford et al., 2018).

A text is a sequence of tokens that begins and ends with the token END. One row holds several texts: a position attends
to earlier positions of its own text only.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from atelier.core.spec import Spec
from atelier.core.text import END, PAD
from atelier.families.transformer_lm.params import Config

# Added to masked attention scores; finite, so that no row of a softmax is all minus infinity.
MASKED = -1e9
# Standard deviation of initial weights.
SCALE = 0.02
Cache = tuple[Any, Any]


def build(config: Config, spec: Spec) -> "TransformerLM":
    """Build the untrained network for the vocabulary of `spec`."""
    model = TransformerLM(config, spec.vocabulary)
    model(keras.Input((config.context,), dtype="int32"))
    return model


class TransformerLM(keras.Model):
    """Tokens, int32 ``(n, length)`` → logits of each next token, ``(n, length, vocabulary)``; see `Learner`."""

    def __init__(self, config: Config, vocabulary: int) -> None:
        super().__init__(name="transformer_lm")
        self.config, self.vocabulary = config, vocabulary
        normal = keras.initializers.RandomNormal(SCALE)
        self.embedding = layers.ReversibleEmbedding(
            vocabulary, config.width, tie_weights=config.tied, embeddings_initializer=normal, name="embedding"
        )
        if config.positions == "learned":
            self.position_embedding = layers.Embedding(
                config.context, config.width, embeddings_initializer=normal, name="position_embedding"
            )
        self.drop = layers.Dropout(config.dropout)
        self.blocks = [Block(config, name=f"block_{index}") for index in range(config.depth)]
        self.last_norm = _norm(config, "last_norm") if config.norm_position == "pre" else None

    def call(self, tokens: Any, training: bool = False) -> Any:
        return self.logits(self.hidden(tokens, training))

    def hidden(self, tokens: Any, training: bool = False) -> Any:
        """Compute the last hidden states, ``(n, length, width)``."""
        x = self._embed(tokens, ops.arange(ops.shape(tokens)[1]), training)
        mask = _mask(tokens)
        for block in self.blocks:
            x = block(x, mask, training=training)
        return x if self.last_norm is None else self.last_norm(x)

    def logits(self, hidden: Any) -> Any:
        """Compute logits ``(…, vocabulary)`` from hidden states ``(…, width)``."""
        return self.embedding(hidden, reverse=True)

    def step(self, tokens: Any, position: Any, caches: list[Cache]) -> tuple[Any, list[Cache]]:
        """Compute logits ``(n, vocabulary)`` after one more token of each text, and the updated caches.

        The tokens, int32 ``(n,)``, are at the scalar `position`; `empty_caches` returns the first caches.
        """
        x = self._embed(tokens[:, None], ops.reshape(position, (1,)), training=False)
        places = ops.arange(ops.shape(caches[0][0])[2])
        mask = ops.where(places <= position, 0.0, MASKED)
        updated = []
        for block, cache in zip(self.blocks, caches, strict=True):
            x, cache = block.step(x, position, mask, cache)
            updated.append(cache)
        x = x if self.last_norm is None else self.last_norm(x)
        return self.logits(x)[:, 0], updated

    def empty_caches(self, texts: Any, length: int) -> list[Cache]:
        """Return zero keys and values for `texts` rows of `length` positions: ``(n, heads, length, width / heads)``."""
        shape = (texts, self.config.heads, length, self.config.width // self.config.heads)
        return [(ops.zeros(shape, self.compute_dtype), ops.zeros(shape, self.compute_dtype)) for _ in self.blocks]

    def embed(self, directions: np.ndarray) -> None:
        """Set the embeddings to unit vectors ``(vocabulary, width)``, at the scale of random initial embeddings."""
        values = directions * SCALE * math.sqrt(self.config.width)
        self.embedding.embeddings.assign(values)
        if not self.config.tied:
            self.embedding.reverse_embeddings.assign(values.T)

    def softmax_matrix(self) -> Any:
        """Return the output matrix of the softmax, ``(vocabulary, width)``, in the compute precision."""
        matrix = self.embedding.embeddings if self.config.tied else ops.transpose(self.embedding.reverse_embeddings)
        return ops.cast(matrix, self.compute_dtype)

    def _embed(self, tokens: Any, positions: Any, training: bool) -> Any:
        x = self.embedding(tokens)
        if self.config.positions == "learned":
            x = x + self.position_embedding(positions)
        # Scale the small values of a softmax matrix to those of a residual stream.
        elif self.config.tied:
            x = x * math.sqrt(self.config.width)
        return self.drop(x, training=training)


class Learner(keras.Model):
    """Train a language model, whose variables it shares, by `fit` on tokens and next tokens, int32 ``(n, length)``.

    The loss is the cross-entropy in nats per token, without targets that are PAD.
    """

    def __init__(self, model: TransformerLM) -> None:
        super().__init__(name="learner")
        self.model = model
        self.built = True

    def call(self, tokens: Any, training: bool = False) -> Any:
        return self.model.hidden(tokens, training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        targets = ops.reshape(y, (-1,))
        hidden = ops.reshape(y_pred, (-1, self.model.config.width))
        counted = ops.cast(targets != PAD, "float32")
        nats = cross_entropy(hidden, self.model.softmax_matrix(), targets, counted)
        return nats / ops.maximum(ops.sum(counted), 1.0)


def cross_entropy(hidden: Any, matrix: Any, targets: Any, weights: Any) -> Any:
    """Compute Σ wᵢ·(−log softmax(matrix·hiddenᵢ)[targetᵢ]) in nats, together with its gradient.

    The gradient of the logits is softmax − one-hot. Computing it in the forward pass saves most passes over
    ``n · vocabulary`` numbers, which take longer than the matrix products.

    Shapes: hidden ``(n, width)``, matrix ``(vocabulary, width)``, targets and weights ``(n,)``.
    """

    @ops.custom_gradient
    def summed(hidden: Any, matrix: Any) -> tuple[Any, Any]:
        weighted = hidden * ops.cast(weights, hidden.dtype)[:, None]
        probabilities = ops.softmax(ops.matmul(hidden, ops.transpose(matrix)))
        probability = ops.cast(ops.take_along_axis(probabilities, targets[:, None], axis=1)[:, 0], "float32")
        nats = -ops.sum(weights * ops.log(ops.maximum(probability, 1e-30)))
        to_hidden = ops.matmul(probabilities, matrix) - ops.take(matrix, targets, axis=0)
        to_hidden = to_hidden * ops.cast(weights, hidden.dtype)[:, None]
        to_matrix = ops.cast(ops.matmul(ops.transpose(probabilities), weighted), "float32")
        to_matrix = to_matrix - ops.segment_sum(ops.cast(weighted, "float32"), targets, ops.shape(matrix)[0])

        def gradient(*upstream_last: Any, upstream: Any = None) -> tuple[Any, Any]:
            scale = upstream if upstream is not None else upstream_last[-1]
            return to_hidden * ops.cast(scale, hidden.dtype), ops.cast(to_matrix * scale, matrix.dtype)

        return nats, gradient

    return summed(hidden, matrix)


class Block(layers.Layer):
    """Attention, then a feed-forward layer, each added to the residual stream ``(n, length, width)``."""

    def __init__(self, config: Config, name: str) -> None:
        super().__init__(name=name)
        self.before = config.norm_position == "pre"
        self.attention = Attention(config, name="attention")
        self.feed_forward = FeedForward(config, name="feed_forward")
        self.norms = [_norm(config, f"norm_{index}") for index in range(2)]
        self.drop = layers.Dropout(config.dropout)

    def call(self, x: Any, mask: Any, training: bool = False) -> Any:
        x = self._add(0, x, lambda y: self.attention(y, mask), training)
        return self._add(1, x, self.feed_forward, training)

    def step(self, x: Any, position: Any, mask: Any, cache: Cache) -> tuple[Any, Cache]:
        y = self.norms[0](x) if self.before else x
        y, cache = self.attention.step(y, position, mask, cache)
        x = x + y if self.before else self.norms[0](x + y)
        return self._add(1, x, self.feed_forward, training=False), cache

    def _add(self, index: int, x: Any, layer: Any, training: bool) -> Any:
        if self.before:
            return x + self.drop(layer(self.norms[index](x)), training=training)
        return self.norms[index](x + self.drop(layer(x), training=training))


class Attention(layers.Layer):
    """Masked multi-head self-attention over ``(n, length, width)``."""

    def __init__(self, config: Config, name: str) -> None:
        super().__init__(name=name)
        self.config = config
        self.head_width = config.width // config.heads
        self.inward = _dense(3 * config.width, "inward")
        self.outward = _dense(config.width, "outward", config.depth)

    def build(self, x_shape: Any, mask_shape: Any = None) -> None:
        """Build the weights before the angles, so that an absurd `width` fails before memory is allocated."""
        self.inward.build(x_shape)
        if self.config.positions == "rotary":
            self.angles = rotations(self.config.context, self.head_width)

    def call(self, x: Any, mask: Any) -> Any:
        queries, keys, values = self._project(x, ops.arange(ops.shape(x)[1]))
        return self._attend(queries, keys, values, mask)

    def step(self, x: Any, position: Any, mask: Any, cache: Cache) -> tuple[Any, Cache]:
        queries, key, value = self._project(x, ops.reshape(position, (1,)))
        corner = (0, 0, position, 0)
        keys = ops.slice_update(cache[0], corner, key)
        values = ops.slice_update(cache[1], corner, value)
        return self._attend(queries, keys, values, mask), (keys, values)

    def _project(self, x: Any, positions: Any) -> list[Any]:
        """Compute queries, keys and values, ``(n, heads, length, head_width)``, with rotary positions if configured."""
        shape = ops.shape(x)
        heads = ops.reshape(self.inward(x), (shape[0], shape[1], 3, self.config.heads, self.head_width))
        queries, keys, values = ops.unstack(ops.transpose(heads, (2, 0, 3, 1, 4)), 3)
        if self.config.positions == "rotary":
            queries, keys = self._rotate(queries, positions), self._rotate(keys, positions)
        return [queries, keys, values]

    def _rotate(self, x: Any, positions: Any) -> Any:
        cosines, sines = (ops.cast(ops.take(angle, positions, axis=0), x.dtype) for angle in self.angles)
        left, right = ops.split(x, 2, axis=-1)
        return ops.concatenate([left * cosines - right * sines, right * cosines + left * sines], axis=-1)

    def _attend(self, queries: Any, keys: Any, values: Any, mask: Any) -> Any:
        queries = queries * (1 / math.sqrt(self.head_width))
        scores = ops.matmul(queries, ops.swapaxes(keys, -1, -2))
        weights = ops.softmax(scores + ops.cast(mask, scores.dtype))
        mixed = ops.transpose(ops.matmul(weights, values), (0, 2, 1, 3))
        shape = ops.shape(mixed)
        return self.outward(ops.reshape(mixed, (shape[0], shape[1], self.config.width)))


class FeedForward(layers.Layer):
    """Two dense layers with an activation between them, position by position."""

    def __init__(self, config: Config, name: str) -> None:
        super().__init__(name=name)
        self.gated = config.activation == "swiglu"
        self.activation = keras.activations.get("silu" if self.gated else config.activation)
        widths = 2 * config.hidden if self.gated else config.hidden
        self.inward = _dense(widths, "inward")
        self.outward = _dense(config.width, "outward", config.depth)

    def call(self, x: Any) -> Any:
        x = self.inward(x)
        if self.gated:
            gate, x = ops.split(x, 2, axis=-1)
            return self.outward(self.activation(gate) * x)
        return self.outward(self.activation(x))


def rotations(context: int, head_width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cosines and sines of the angles of rotary positions, float32 ``(context, head_width / 2)``.

    Pair i rotates by ``position · 10000^(−2i / head_width)`` (Su et al., 2021, equation 15).
    """
    speeds = 10000.0 ** (-2 * np.arange(head_width // 2) / head_width)
    angles = np.arange(context)[:, None] * speeds
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _mask(tokens: Any) -> Any:
    """Return the mask ``(n, 1, length, length)``: 0 for earlier positions of the same text, `MASKED` elsewhere."""
    length = ops.shape(tokens)[1]
    places = ops.arange(length)
    texts = ops.cumsum(ops.cast(tokens == END, "int32"), axis=1)
    same = texts[:, :, None] == texts[:, None, :]
    return ops.where(same & (places[:, None] >= places[None]), 0.0, MASKED)[:, None]


def _norm(config: Config, name: str) -> layers.Layer:
    kind = layers.LayerNormalization if config.norm == "layer" else layers.RMSNormalization
    return kind(epsilon=1e-6, name=name)


def _dense(units: int, name: str, depth: int = 0) -> layers.Dense:
    """Return a layer without bias; `depth` reduces the initial scale of layers that write to the residual stream."""
    scale = SCALE / math.sqrt(2 * depth) if depth else SCALE
    return layers.Dense(units, use_bias=False, kernel_initializer=keras.initializers.RandomNormal(scale), name=name)
