"""A trained network on disk: `config.json` says how to build it, `model.weights.h5` holds its weights."""

import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras

from atelier.core import files, lookup
from atelier.core.params.strict import Strict, validate
from atelier.core.spec import Spec
from atelier.pipeline import descriptions, weights

CONFIG, WEIGHTS = "config.json", "model.weights.h5"


@dataclass(frozen=True)
class Network:
    """A built network and what it was built from; `precision` is the dtype policy of its layers."""

    family: str
    config: Any
    spec: Spec
    precision: str
    model: keras.Model


def configuration(schema: type[Strict], params: Strict) -> Any:
    """The part of `params` that `schema` describes: what a network is built from, without how it is trained."""
    return schema(**{name: getattr(params, name) for name in schema.model_fields})


def build(family: str, params: Strict, spec: Spec, *, seed: int, precision: str) -> Network:
    """Build an untrained network from a section of parameters; the same seed gives the same initial weights."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision)
    module = lookup.module("models", family)
    config = configuration(module.Config, params)
    return Network(family, config, spec, precision, module.build(config, spec))


def save(network: Network, directory: Path) -> None:
    """Write `config.json` and `model.weights.h5`; equal weights give equal bytes."""
    description = {
        "family": network.family,
        "config": network.config.model_dump(mode="json"),
        "precision": network.precision,
        "spec": asdict(network.spec),
    }
    files.write_json(directory / CONFIG, description)
    keras.config.set_dtype_policy(network.precision)
    # A compiled model would write its optimiser's state as well, so a fresh one carries the weights.
    bare = lookup.module("models", network.family).build(network.config, network.spec)
    for target, source in zip(bare.variables, network.model.variables, strict=True):
        target.assign(source)
    with files.atomic(directory / WEIGHTS) as temporary:
        bare.save_weights(temporary)


def load(directory: Path) -> Network:
    """Rebuild the network that `save` wrote to `directory`, and read its weights.

    Nothing in the two files is executed. They are held against each other before memory is taken for either, so files
    that somebody made to do harm are refused like those that do not fit.

    Raises:
        FileNotFoundError: one of the files is missing.
        ValueError: one of them is not what `save` writes, or they do not fit each other.
    """
    config_path, weights_path = directory / CONFIG, directory / WEIGHTS
    for path in (config_path, weights_path):
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: nothing has been trained there yet")
    description = descriptions.read(config_path)
    found = weights.shapes(weights_path)
    keras.config.set_dtype_policy(description.precision)
    module = lookup.module("models", description.family)
    config = validate(module.Config, description.config, str(config_path))
    with weights.allotted(found, weights_path):
        model = module.build(config, description.spec)
    try:
        with warnings.catch_warnings():
            # Keras only warns when it leaves a layer as it was made.
            warnings.filterwarnings("error", "Skipping nested container", UserWarning)
            model.load_weights(weights_path)
    except (ValueError, KeyError, OSError, UserWarning) as error:
        raise ValueError(f"{weights_path} does not fit {config_path}: {str(error).strip().splitlines()[0]}") from None
    return Network(description.family, config, description.spec, description.precision, model)
