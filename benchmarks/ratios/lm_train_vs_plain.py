"""Language model training in float32 on the same rows: our default network against Keras's own layers."""

import keras
import numpy as np

import lm_network
import textbook_lm
from atelier.core.text import END
from atelier.families.transformer_lm.network import Learner
from atelier.families.transformer_lm.train import Rows
from atelier.networks import network as networks
from atelier.training import optimizers
from side_by_side import Comparison, Side, compare

STEPS, ROUNDS = 3, 5


def measure() -> Comparison:
    learner, rows = ours()
    pairs = [rows[index] for index in range(len(rows))]
    same = np.concatenate([np.concatenate([inputs, targets[:, -1:]], axis=1) for inputs, targets in pairs])
    textbook, batches = textbook_lm.language_model(), textbook_lm.batches(same)
    tokens = STEPS * textbook_lm.BATCH * textbook_lm.CONTEXT
    return compare(
        Side(lambda: learner.fit(rows, shuffle=False, verbose=0), tokens),
        Side(lambda: textbook.fit(batches, shuffle=False, verbose=0), tokens),
        unit="tokens",
        rounds=ROUNDS,
    )


def ours() -> tuple[keras.Model, Rows]:
    """Build the network, compiled as `loop.run` does, and its batches."""
    params = lm_network.params()
    # The content of the texts does not influence the speed.
    length = (STEPS * params.batch + 1) * params.context
    tokens = np.random.default_rng(0).integers(END + 1, textbook_lm.VOCABULARY, length, np.uint16)
    rows = Rows(tokens, params.context, params.batch, STEPS, params.seed)
    network = networks.build("transformer_lm", params, lm_network.spec(), seed=params.seed, precision=params.precision)
    learner = Learner(network.model)
    learner.compile(
        optimizer=optimizers.build(params, len(rows)),
        jit_compile=params.jit_compile,
        steps_per_execution=params.steps_per_execution,
    )
    return learner, rows
