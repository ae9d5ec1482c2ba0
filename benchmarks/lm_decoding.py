"""Text generation with one network: with cached keys and values, and with the textbook's loop."""

from typing import Any

import keras
import numpy as np
from keras import ops

import lm_network
import textbook_lm
from atelier.core.text import END
from atelier.families.transformer_lm.network import TransformerLM
from atelier.families.transformer_lm.params import Config
from atelier.modalities.text.generate import NEVER, Request, Writer
from atelier.modalities.text.params import UNFILTERED
from atelier.networks import network as networks
from side_by_side import Comparison, Side, compare

# Tokens of a text, as in the book, and of its prompt.
LENGTH, PROMPT, TEMPERATURE = 80, 4, 1.0


class Endless(TransformerLM):
    """A language model that never predicts END: all texts have the same length."""

    def logits(self, hidden: Any) -> Any:
        return super().logits(hidden) + NEVER * ops.one_hot(END, self.vocabulary)


def against_textbook(*, texts: int, alone: int, rounds: int) -> Comparison:
    """Compare new tokens per second.

    Args:
        texts: number of texts that we generate in parallel.
        alone: number of texts that the textbook generates in a round, one after another.
        rounds: number of timed rounds.
    """
    network = endless()
    prompts = np.random.default_rng(0).integers(END + 1, textbook_lm.VOCABULARY, (texts, PROMPT)).tolist()
    requests = [Request(tuple(prompt), seed, TEMPERATURE, UNFILTERED) for seed, prompt in enumerate(prompts)]
    writer = Writer(network.model, texts, LENGTH)
    # XLA would compile the textbook's `predict` again for each length.
    network.model.jit_compile = False

    def textbook_loop() -> None:
        for prompt in prompts[:alone]:
            textbook_lm.write(network.model, prompt, LENGTH, TEMPERATURE)

    if any(len(text.tokens) < LENGTH for text in writer.write(requests)):
        raise ValueError(f"a text ended before it had {LENGTH} tokens")
    return compare(
        Side(lambda: writer.write(requests), texts * (LENGTH - PROMPT)),
        Side(textbook_loop, alone * (LENGTH - PROMPT)),
        unit="tokens",
        rounds=rounds,
    )


def endless() -> networks.Network:
    """Build an untrained network that never predicts END."""
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("float32")
    config = networks.configuration(Config, lm_network.params())
    model = Endless(config, textbook_lm.VOCABULARY)
    model(keras.Input((config.context,), dtype="int32"))
    return networks.Network("transformer_lm", config, lm_network.spec(), "float32", model)
