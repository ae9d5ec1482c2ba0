"""Evaluate an adopted network: its samples and, with an encoder, its reconstructions of the test split."""

from pathlib import Path

import numpy as np

from atelier.core.prepared import Prepared
from atelier.families.adopted.params import Evaluate
from atelier.modalities.images import evaluate as images
from atelier.networks.network import Network


def evaluate(network: Network, prepared: Prepared, judge: Path, samples: Path, params: Evaluate, out: Path) -> None:
    """Write `metrics.json`, `classes.json`, `neighbours.png` and `pictures.json` to the directory `out`."""
    seen = images.Samples.read(judge, samples, params.samples)
    test = np.asarray(prepared.images("test"))
    metrics = images.similarity(network, test, params.batch) if network.model.encodes else {}
    images.write(seen, prepared, params, metrics, out)
