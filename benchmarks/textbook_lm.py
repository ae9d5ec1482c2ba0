"""The language model as a textbook writes it, and the loop that it writes texts with.

Our own rendition, after Foster, Generative Deep Learning, 2nd edition, chapter 9: blocks of Keras's own attention with
normalisation behind each sub-layer, learned positions and a softmax over the whole vocabulary; a `predict` of the whole
text for each token. Each head has a share of the width, where the book gives it the whole; there is no dropout.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

# Of the profile `laptop`, and of our network beside it.
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
    """Tokens → chances of each next token, compiled."""
    tokens = keras.Input((None,), dtype="int32")
    x = TokenAndPosition()(tokens)
    for _ in range(DEPTH):
        x = block(x)
    model = keras.Model(tokens, layers.Dense(VOCABULARY, activation="softmax")(x))
    # The book's Keras compiles nothing by XLA unasked.
    model.compile(
        optimizer=keras.optimizers.AdamW(LEARNING_RATE, WEIGHT_DECAY),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        jit_compile=False,
    )
    return model


def batches(rows: np.ndarray) -> tf.data.Dataset:
    """Rows of one token more than the context, as batches of tokens and the tokens after them."""
    return tf.data.Dataset.from_tensor_slices(rows).batch(BATCH).map(lambda row: (row[:, :-1], row[:, 1:]))


def write(model: keras.Model, prompt: list[int], length: int, temperature: float) -> list[int]:
    """A text of `length` tokens by a model that gives logits."""
    tokens = list(prompt)
    while len(tokens) < length:
        logits = model.predict(np.array([tokens]), verbose=0)[0][-1].astype(float)
        chances = np.exp((logits - logits.max()) / temperature)
        tokens.append(int(np.random.choice(len(chances), p=chances / chances.sum())))  # noqa: NPY002, as in the book
    return tokens
