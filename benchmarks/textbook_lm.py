"""A language model in the style of a textbook, with its loop for text generation.

Our own version of Foster, Generative Deep Learning, 2nd edition, chapter 9: blocks of Keras's own attention with
normalisation after each sub-layer, learned positions and a softmax over the whole vocabulary; a `predict` of the whole
text for each token. Unlike in the book, the heads divide the width among them, and there is no dropout.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

# As in the profile `laptop`; our network has the same sizes.
VOCABULARY, CONTEXT, WIDTH, DEPTH, HEADS, HIDDEN = 15_000, 256, 256, 4, 4, 1024
BATCH, LEARNING_RATE, WEIGHT_DECAY = 16, 1e-3, 0.1


class TokenAndPosition(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.positions = layers.Embedding(VOCABULARY, WIDTH), layers.Embedding(CONTEXT, WIDTH)

    def call(self, x: Any) -> Any:
        return self.tokens(x) + self.positions(tf.range(tf.shape(x)[-1]))


def block(x: Any) -> Any:
    attended = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(x, x, use_causal_mask=True)
    x = layers.LayerNormalization(epsilon=1e-6)(x + attended)
    fed = layers.Dense(WIDTH)(layers.Dense(HIDDEN, activation="relu")(x))
    return layers.LayerNormalization(epsilon=1e-6)(x + fed)


def language_model() -> keras.Model:
    """Build and compile a model from tokens to the probabilities of each next token."""
    tokens = keras.Input((None,), dtype="int32")
    x = TokenAndPosition()(tokens)
    for _ in range(DEPTH):
        x = block(x)
    model = keras.Model(tokens, layers.Dense(VOCABULARY, activation="softmax")(x))
    # The book's version of Keras does not use XLA by default.
    model.compile(
        optimizer=keras.optimizers.AdamW(LEARNING_RATE, WEIGHT_DECAY),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        jit_compile=False,
    )
    return model


def batches(rows: np.ndarray) -> tf.data.Dataset:
    """Divide rows of ``context + 1`` tokens into batches of inputs and next tokens."""
    return tf.data.Dataset.from_tensor_slices(rows).batch(BATCH).map(lambda row: (row[:, :-1], row[:, 1:]))


def write(model: keras.Model, prompt: list[int], length: int, temperature: float) -> list[int]:
    """Generate a text of `length` tokens with a model that returns logits."""
    tokens = list(prompt)
    while len(tokens) < length:
        logits = model.predict(np.array([tokens]), verbose=0)[0][-1].astype(float)
        weights = np.exp((logits - logits.max()) / temperature)
        tokens.append(int(np.random.choice(len(weights), p=weights / weights.sum())))  # noqa: NPY002, as in the book
    return tokens
