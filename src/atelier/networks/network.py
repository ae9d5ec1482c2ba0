"""Build a network, and save it: `config.json` says how to build it, `model.weights.h5` contains its weights."""

import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from atelier.core import files, lookup
from atelier.core.mixture import Mixture
from atelier.core.spec import Spec
from atelier.networks import descriptions, weights
from atelier.params.strict import Strict, validate

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
# The modules that build networks of a modality, by the kind that precedes its name in `Network.family`.
OF_MODALITIES = {"judge": "classifier", "inverter": "inverter"}


@dataclass(frozen=True)
class Network:
    """A built network and what it was built from.

    Attributes:
        family: a family such as ``vae``, ``judge.MODALITY`` for the classifier of a judge, or ``inverter.MODALITY`` for
            the encoder of a generator that has none.
        config: the section of parameters that its builder reads.
        precision: the dtype policy of its layers.
        prior: what latents are drawn from; None for the standard normal.
    """

    family: str
    config: Any
    spec: Spec
    precision: str
    model: keras.Model
    prior: Mixture | None = None


def builder(family: str) -> ModuleType:
    """Return the module that builds a kind of network: it has `Config` and `build(config, spec)`."""
    kind, _, modality = family.partition(".")
    if kind in OF_MODALITIES:
        return lookup.module("modalities", modality, OF_MODALITIES[kind])
    return lookup.module("families", family, "network")


def configuration(schema: type[Strict], params: Strict) -> Any:
    """Return the part of `params` that a network is built from, without how it is trained."""
    return schema(**{name: getattr(params, name) for name in schema.model_fields})


def build(family: str, params: Strict, spec: Spec, *, seed: int, precision: str) -> Network:
    """Build an untrained network from a section of parameters; the same seed gives the same initial weights."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision)
    module = builder(family)
    config = configuration(module.Config, params)
    return Network(family, config, spec, precision, module.build(config, spec))


def save(network: Network, directory: Path) -> None:
    """Write a network to `directory`; equal weights give equal bytes."""
    description = {
        "family": network.family,
        "config": network.config.model_dump(mode="json"),
        "precision": network.precision,
        "spec": asdict(network.spec),
    }
    files.write_json(directory / CONFIG, description)
    keras.config.set_dtype_policy(network.precision)
    # A compiled model would also write the state of its optimiser, so an uncompiled copy carries the weights.
    bare = builder(network.family).build(network.config, network.spec)
    for target, source in zip(bare.variables, network.model.variables, strict=True):
        target.assign(source)
    with files.atomic(directory / WEIGHTS) as temporary:
        # HDF5 reports a full disk with tracebacks of its own, later, when its objects are collected.
        files.require_space(temporary, 4 * bare.count_params() + 2**18)
        bare.save_weights(temporary)


def load(directory: Path) -> Network:
    """Rebuild the network that `save` wrote to `directory`, and read its weights.

    Nothing in the two files is executed. Each is checked, and whether they fit each other, before memory is allocated.

    Raises:
        FileNotFoundError: one of the files is missing.
        ValueError: one of them is not what `save` writes, or they do not fit each other.
    """
    config_path, weights_path = directory / CONFIG, directory / WEIGHTS
    for path in (config_path, weights_path):
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: train the network first")
    description = descriptions.read(config_path)
    found = weights.shapes(weights_path)
    keras.config.set_dtype_policy(description.precision)
    module = builder(description.family)
    config = validate(module.Config, description.config, str(config_path))
    with weights.limited_to(found, weights_path):
        model = module.build(config, description.spec)
    try:
        with warnings.catch_warnings():
            # Keras only warns when it leaves a layer at its initial weights.
            warnings.filterwarnings("error", "Skipping nested container", UserWarning)
            model.load_weights(weights_path)
    except (ValueError, KeyError, OSError, UserWarning) as error:
        raise ValueError(f"{weights_path} does not fit {config_path}: {str(error).strip().splitlines()[0]}") from None
    return Network(description.family, config, description.spec, description.precision, model)
