"""Writing texts token by token with one network: from cached keys and values, and by the textbook's loop."""

from typing import Any

import keras
import numpy as np
from keras import ops

import lm_network
import textbook_lm
from atelier.modalities.text.params import UNFILTERED
from atelier.core.text import END
from atelier.families.transformer_lm.network import Config, TransformerLM
from atelier.networks import network as networks
from atelier.modalities.text.generate import NEVER, Request, Writer
from side_by_side import Comparison, Side, compare

# Tokens of a text, as in the book, and of its beginning.
LENGTH, PROMPT, TEMPERATURE = 80, 4, 1.0


class Endless(TransformerLM):
    """Never ends a text, so that all are of one length."""

    def logits(self, hidden: Any) -> Any:
        return super().logits(hidden) + NEVER * ops.one_hot(END, self.vocabulary)


def against_textbook(*, texts: int, alone: int, rounds: int) -> Comparison:
    """New tokens a second, all `texts` at once.

    Args:
        alone: how many of them the textbook writes in a round; one after the other, each takes as long.
    """
    network = endless()
    prompts = np.random.default_rng(0).integers(END + 1, textbook_lm.VOCABULARY, (texts, PROMPT)).tolist()
    requests = [Request(tuple(prompt), seed, TEMPERATURE, UNFILTERED) for seed, prompt in enumerate(prompts)]
    writer = Writer(network.model, texts, LENGTH)
    # XLA would compile the textbook's `predict` anew for each length.
    network.model.jit_compile = False

    def looped() -> None:
        for prompt in prompts[:alone]:
            textbook_lm.write(network.model, prompt, LENGTH, TEMPERATURE)

    if any(len(text.tokens) < LENGTH for text in writer.write(requests)):
        raise ValueError(f"a text ended before it had {LENGTH} tokens")
    return compare(
        Side(lambda: writer.write(requests), texts * (LENGTH - PROMPT)),
        Side(looped, alone * (LENGTH - PROMPT)),
        unit="tokens",
        rounds=rounds,
    )


def endless() -> networks.Network:
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("float32")
    config = networks.configuration(Config, lm_network.params())
    model = Endless(config, textbook_lm.VOCABULARY)
    model(keras.Input((config.context,), dtype="int32"))
    return networks.Network("transformer_lm", config, lm_network.spec(), "float32", model)
