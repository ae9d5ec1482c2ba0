"""A classifier trained on a set of images alone: samples teach it as much about real images as they share with them.

Its accuracy on real test images is the classification accuracy score (Ravuri & Vinyals, 2019, arXiv:1905.10887).
"""

import keras
import numpy as np

from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.modalities.images.params import Network as Config
from atelier.networks import batching
from atelier.networks import network as networks
from atelier.training.batches import Batches

# Adam, with a rate that falls to zero along half a cosine.
BATCH, LEARNING_RATE = 32, 0.002
TEST_BATCH = 250


def train(
    images: np.ndarray, labels: np.ndarray, spec: Spec, config: Config, epochs: int, seed: int
) -> networks.Network:
    """Train a classifier on images, uint8 ``(n, h, w, c)``, and classes ``(n,)``; `config` is its network."""
    network = networks.build("judge.images", config, spec, seed=seed, precision="float32")
    batches = Batches((images, labels), min(BATCH, len(images)), seed)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches))
    network.model.compile(optimizer=keras.optimizers.Adam(rate), jit_compile=False)
    in_new_order = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: batches.start_epoch(epoch))
    network.model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=[in_new_order])
    return network


def accuracy(classifier: networks.Network, prepared: Prepared) -> float:
    """Return the share of all test images whose class a classifier predicts."""
    logits = batching.apply(classifier.model, prepared.images("test"), TEST_BATCH)
    return float((logits.argmax(axis=1) == np.asarray(prepared.labels("test"))).mean())
