"""The next token of a language model as a function that works without this package."""

from typing import Any

import keras
import numpy as np

from atelier.core import seeds
from atelier.core.text import END
from atelier.families.transformer_lm.network import TransformerLM
from atelier.networks.network import Network
from atelier.networks.portable import Input, Outputs, Part

# Texts that the exported function is compared on.
EXAMPLES = 4


class NextTokenLogits(keras.Model):
    """Tokens, int32 ``(n, length)`` → logits of the token after the last, float32 ``(n, vocabulary)``.

    Of a longer text only the last `context` tokens are read.
    """

    def __init__(self, model: TransformerLM) -> None:
        super().__init__(name="next_token_logits")
        self.model = model
        self.built = True

    def call(self, tokens: Any) -> Any:
        hidden = self.model.hidden(tokens[:, -self.model.config.context :])
        return keras.ops.cast(self.model.logits(hidden[:, -1:])[:, 0], "float32")


def parts(network: Network) -> list[Part]:
    """Return the function `next_token_logits`."""

    def logits(tokens: np.ndarray) -> Outputs:
        of_all = network.model.predict(tokens[:, -network.config.context :], verbose=0)
        return {"logits": np.asarray(of_all[:, -1], np.float32)}

    # Longer than the context.
    shape = (EXAMPLES, network.config.context + 1)
    example = seeds.generator(0, "export").integers(0, network.spec.vocabulary, shape, dtype=np.int32)
    example[:, 0] = END
    model = NextTokenLogits(network.model)
    return [Part("next_token_logits", model, (Input("tokens", (None,), example),), ("logits",), logits)]
