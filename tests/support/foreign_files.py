"""Files of networks as other people have them: written by Keras 3, or by hand as older versions wrote them."""

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def digest_of(path: Path) -> str:
    from atelier.core import files
    from atelier.families.adopted import source

    if path.is_dir():
        inside = {each.relative_to(path).as_posix(): each.read_bytes() for each in path.rglob("*") if each.is_file()}
        return source.directory_digest(inside)
    return files.sha256(path)


def section(path: Path, **changes: Any) -> dict[str, Any]:
    """The section `train` of a run that adopts a file, with everything left to be found out, and `changes`."""
    section: dict[str, Any] = {
        "file": str(path),
        "sha256": digest_of(path) if path.exists() else "0" * 64,
        "inputs": {"latent": "auto", "label": "auto", "order": "auto"},
        "output": {"range": "auto", "fit": "refuse"},
        "encoder": None,
        "custom": {},
    }
    for key, value in changes.items():
        part, _, option = key.partition("__")
        if option:
            section[part] |= {option: value}
        else:
            section[part] = value
    return section


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def old_layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    """A layer as Keras 2 described it."""
    return {"class_name": kind, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}


def old_node(*sources: str) -> list[Any]:
    return [[[source, 0, 0, {}] for source in sources]]


def write_legacy(path: Path, model: Any, version: str, groups: dict[str, dict[str, np.ndarray]]) -> Path:
    """Write an HDF5 file of Keras 2; `groups` has the arrays of each layer by their names."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = model if isinstance(model, str | bytes) else json.dumps(model)
        file.attrs["keras_version"] = version.encode()
        file.attrs["backend"] = b"tensorflow"
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in groups]
        for layer, arrays in groups.items():
            group = root.create_group(layer)
            group.attrs["weight_names"] = np.array([name.encode() for name in arrays], "S60")
            for name, array in arrays.items():
                group.create_dataset(name, data=array)
        # What compiled models have besides: integers, which are no weights.
        file.create_dataset("optimizer_weights/training/Adam/iterations:0", data=np.int64(7))
    return path


def write_archive(path: Path, model: Any, version: str, arrays: dict[str, np.ndarray]) -> Path:
    """Write a `.keras` archive; `arrays` by their paths in the weights file."""
    stream = BytesIO()
    with h5py.File(stream, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version, "date_saved": "2024-01-01@00:00:00"}))
        archive.writestr("config.json", json.dumps(model))
        archive.writestr("model.weights.h5", stream.getvalue())
    return path


def conditional(path: Path) -> list[np.ndarray]:
    """Write a generator with two inputs, label (1,) and latent (6,), as Keras 2.3 did; return its weights."""
    draw = generator()
    arrays = {
        "embedding_1": {"embedding_1/embeddings:0": draw.normal(0, 1, (10, 5))},
        "dense_1": {"dense_1/kernel:0": draw.normal(0, 0.5, (11, 49)), "dense_1/bias:0": draw.normal(0, 0.5, 49)},
        "conv2d_transpose_1": {
            "conv2d_transpose_1/kernel:0": draw.normal(0, 0.5, (4, 4, 3, 1)),
            "conv2d_transpose_1/bias:0": draw.normal(0, 0.5, 3),
        },
        "dense_2": {"dense_2/kernel:0": draw.normal(0, 0.5, (3, 4)), "dense_2/bias:0": np.zeros(4)},
    }
    groups = {name: {key: a.astype(np.float32) for key, a in of.items()} for name, of in arrays.items()}
    same = {"padding": "same", "data_format": "channels_last", "dilation_rate": [1, 1], "use_bias": True}
    layers = [
        old_layer("InputLayer", "input_1", batch_input_shape=[None, 1], sparse=False) | {"inbound_nodes": []},
        old_layer("InputLayer", "input_2", batch_input_shape=[None, 6], sparse=False) | {"inbound_nodes": []},
        old_layer("Embedding", "embedding_1", input_dim=10, output_dim=5, mask_zero=False, input_length=None,
                  batch_input_shape=[None, None]) | {"inbound_nodes": old_node("input_1")},
        old_layer("Flatten", "flatten_1", data_format="channels_last") | {"inbound_nodes": old_node("embedding_1")},
        old_layer("Concatenate", "concatenate_1", axis=-1) | {"inbound_nodes": old_node("flatten_1", "input_2")},
        old_layer("Dense", "dense_1", units=49, activation="linear", use_bias=True, kernel_initializer={
            "class_name": "VarianceScaling", "config": {"scale": 1.0}}) | {"inbound_nodes": old_node("concatenate_1")},
        old_layer("LeakyReLU", "leaky_re_lu_1", alpha={"type": "ndarray", "value": 0.2})
        | {"inbound_nodes": old_node("dense_1")},
        old_layer("Dropout", "dropout_1", rate=0.4, noise_shape=None, seed=None)
        | {"inbound_nodes": old_node("leaky_re_lu_1")},
        old_layer("Reshape", "reshape_1", target_shape=[7, 7, 1]) | {"inbound_nodes": old_node("dropout_1")},
        old_layer("Conv2DTranspose", "conv2d_transpose_1", filters=3, kernel_size=[4, 4], strides=[2, 2], groups=1,
                  activation="relu", output_padding=None, **same) | {"inbound_nodes": old_node("reshape_1")},
        old_layer("Dense", "dense_2", units=4, activation="tanh", use_bias=True)
        | {"inbound_nodes": old_node("conv2d_transpose_1")},
        old_layer("Reshape", "reshape_2", target_shape=[28, 28, 1]) | {"inbound_nodes": old_node("dense_2")},
    ]  # fmt: skip
    config = {
        "name": "model_1",
        "layers": [{"name": layer["config"]["name"], **layer} for layer in layers],
        "input_layers": [["input_1", 0, 0], ["input_2", 0, 0]],
        "output_layers": [["reshape_2", 0, 0]],
    }
    write_legacy(path, {"class_name": "Model", "config": config}, "2.3.1", groups)
    return [array for of in groups.values() for array in of.values()]


def nested(path: Path, variance: float = 1.0) -> list[np.ndarray]:
    """Write a nested generator, latent (4,) of a `variance`, whose weights are in one group, as Keras 2.10 did."""
    draw = generator(1)
    shapes = {
        "dense/kernel:0": (4, 98),
        "batch_normalization/gamma:0": (98,),
        "batch_normalization/beta:0": (98,),
        "dense_1/kernel:0": (2, 16),
        "dense_1/bias:0": (16,),
        "batch_normalization/moving_mean:0": (98,),
        "batch_normalization/moving_variance:0": (98,),
    }
    arrays = {name: draw.normal(0, 0.7, shape).astype(np.float32) for name, shape in shapes.items()}
    # The statistics of the latents that it was trained with.
    arrays["batch_normalization/moving_mean:0"] = np.zeros(98, np.float32)
    arrays["batch_normalization/moving_variance:0"] = variance * np.square(arrays["dense/kernel:0"]).sum(axis=0)
    inner = [
        old_layer("InputLayer", "input_1", batch_input_shape=[None, 4], sparse=False, ragged=False),
        old_layer("Dense", "dense", units=98, activation="linear", use_bias=False),
        old_layer("BatchNormalization", "batch_normalization", axis=[1], epsilon=0.001, center=True, scale=True),
        old_layer("ReLU", "re_lu", max_value=None, negative_slope=0.0, threshold=0.0),
        old_layer("Reshape", "reshape", target_shape=[7, 7, 2]),
        old_layer("Dense", "dense_1", units=16, activation="sigmoid", use_bias=True),
        old_layer("Reshape", "reshape_1", target_shape=[28, 28]),
    ]
    sequential = {"class_name": "Sequential", "name": "inner", "config": {"name": "inner", "layers": inner}}
    source = old_layer("InputLayer", "z", batch_input_shape=[None, 4], sparse=False, ragged=False)
    layers = [
        source | {"name": "z", "inbound_nodes": []},
        sequential | {"inbound_nodes": [["z", 0, 0, {"training": False}]]},
    ]
    config = {"name": "outer", "layers": layers, "input_layers": [["z", 0, 0]], "output_layers": [["inner", 0, 0]]}
    write_legacy(path, {"class_name": "Functional", "config": config}, "2.10.0", {"inner": arrays})
    return list(arrays.values())


def archived(path: Path) -> list[np.ndarray]:
    """Write a generator, latent (3,), as the archives of Keras 2.13, whose numbering of layers has gaps."""
    draw = generator(2)
    root = "_layer_checkpoint_dependencies"
    shapes = {"dense/vars/0": (3, 49), "dense/vars/1": (49,), "dense_2/vars/0": (49, 784), "dense_2/vars/1": (784,)}
    arrays = {f"{root}/{name}": draw.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    own = {"module": "keras.layers", "registered_name": None}
    layers = [
        own | old_layer("InputLayer", "input_2", batch_input_shape=[None, 3], sparse=False, ragged=False),
        own | old_layer("Dense", "dense_7", units=49, activation="tanh", use_bias=True),
        own | old_layer("Dense", "dense_9", units=784, activation="linear", use_bias=True),
    ]
    model = {"module": "keras", "class_name": "Sequential", "config": {"name": "sequential_1", "layers": layers}}
    write_archive(path, model, "2.13.1", arrays)
    return list(arrays.values())


def sampling_encoder(path: Path, kernel: np.ndarray) -> None:
    """Write an encoder that returns a sample alone, of mean and log-variance `kernel` · pixels, as Keras 2.4 did."""
    layers = [
        old_layer("InputLayer", "image", batch_input_shape=[None, 784]) | {"inbound_nodes": []},
        old_layer("Dense", "a", units=kernel.shape[1], activation="linear", use_bias=False)
        | {"inbound_nodes": old_node("image")},
        old_layer("Dense", "b", units=kernel.shape[1], activation="linear", use_bias=False)
        | {"inbound_nodes": old_node("image")},
        {"class_name": "Custom>Sampler", "config": {"name": "z", "trainable": True, "dtype": "float32"}}
        | {"inbound_nodes": [[["a", 0, 0, {"z_log_var": ["b", 0, 0]}]]]},
    ]
    layers = [{"name": layer["config"]["name"], **layer} for layer in layers]
    config = {"name": "e", "layers": layers, "input_layers": [["image", 0, 0]], "output_layers": [["z", 0, 0]]}
    groups = {name: {f"{name}/kernel:0": scale * kernel.astype(np.float32)} for name, scale in (("a", 1), ("b", 2))}
    write_legacy(path, {"class_name": "Functional", "config": config}, "2.4.3", groups)
