"""SavedModels of Keras 3, of Keras 2 and of this package draw, once adopted, what TensorFlow computes from them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import foreign_files
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from scipy.stats import norm

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.exporting.export import export
from atelier.exporting.formats import FORMATS
from atelier.families.adopted import network as rebuilt
from atelier.families.adopted.params import Train
from atelier.families.adopted.saved_models import translate
from atelier.families.adopted.train import adopt
from atelier.modalities.images import generate
from atelier.networks import batching
from atelier.networks import network as networks
from atelier.networks.network import Network
from atelier.params import file

SEEDS = range(24)


def adopted(prepared: Path, path: Path, **changes: Any) -> Network:
    """Adopt a SavedModel, save it, and load what was saved."""
    network = adopt(Prepared.read(prepared), Train.model_validate(foreign_files.section(path, **changes)))
    networks.save(network, path.parent / "saved")
    return networks.load(path.parent / "saved")


def called(path: Path, signature: str = "serving_default", **inputs: np.ndarray) -> dict[str, np.ndarray]:
    """What TensorFlow computes."""
    loaded = tf.saved_model.load(str(path))
    outputs = loaded.signatures[signature](**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: output.numpy() for name, output in outputs.items()}


def assert_draws(network: Network, grey: np.ndarray) -> None:
    """The network draws pictures with these grey levels from 0 to 255, give or take a rounded one."""
    drawn = generate.from_seeds(network, SEEDS, 8)
    expected = np.rint(np.clip(grey.reshape(drawn.shape).astype(np.float64), 0, 255))
    assert np.abs(drawn - expected).max() <= 1
    assert expected.std() > 10


def randomise(model: keras.Model, scale: float = 0.4) -> keras.Model:
    draw = foreign_files.generator(3)
    for variable in model.weights:
        values = draw.normal(0, scale, tuple(variable.shape))
        variable.assign(np.abs(values) + 0.1 if "variance" in variable.path else values)
    return model


def convolutional() -> keras.Model:
    """A generator with the layers that are usual, whose latents were standard normal, as its first statistics show."""
    latent = keras.Input((6,), name="noise")
    first, statistics = layers.Dense(7 * 7 * 4, use_bias=False), layers.BatchNormalization()
    x = layers.LeakyReLU()(statistics(first(latent)))
    x = layers.Conv2DTranspose(4, 5, strides=2, padding="same")(layers.Reshape((7, 7, 4))(x))
    x = layers.UpSampling2D()(layers.Dropout(0.3)(layers.ReLU()(layers.BatchNormalization()(x))))
    x = layers.Conv2D(3, 3, padding="same", activation="gelu")(x)
    x = layers.Multiply()([x, layers.Dense(3, activation="softmax")(layers.LayerNormalization()(x))])
    model = randomise(keras.Model(latent, layers.Dense(1, activation="tanh")(x)), 0.6)
    kernel = first.kernel.numpy()
    statistics.moving_mean.assign(np.zeros(kernel.shape[1]))
    statistics.moving_variance.assign(np.square(kernel).sum(axis=0))
    return model


def test_export_of_keras_3(prepared: Path, tmp_path: Path) -> None:
    convolutional().export(tmp_path / "generator", verbose=False)
    network = adopted(prepared, tmp_path / "generator")
    assert (network.config.latent, network.config.output_range) == ("normal", "-1..1")
    (output,) = called(tmp_path / "generator", noise=seeds.latents(SEEDS, 6)).values()
    assert_draws(network, 127.5 * (output + 1))


def test_jax_draws_the_same(prepared: Path, tmp_path: Path) -> None:
    convolutional().export(tmp_path / "generator", verbose=False)
    drawn = generate.from_seeds(adopted(prepared, tmp_path / "generator"), SEEDS, 8)
    code = (
        "import numpy, pathlib, runpy, sys; paths = map(pathlib.Path, sys.argv[2:]);"
        "test = runpy.run_path(sys.argv[1]); network = test['adopted'](*paths); print(test['keras'].backend.backend());"
        "numpy.save(sys.argv[3] + '.npy', test['generate'].from_seeds(network, test['SEEDS'], 8))"
    )
    paths = [os.path.dirname(foreign_files.__file__), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-c", code, __file__, str(prepared), str(tmp_path / "generator")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "jax"
    assert np.abs(np.load(tmp_path / "generator.npy").astype(int) - drawn).max() <= 1


def test_label_that_is_embedded(prepared: Path, tmp_path: Path) -> None:
    label, latent = keras.Input((1,), name="label"), keras.Input((6,), name="noise")
    both = layers.Concatenate()([layers.Flatten()(layers.Embedding(10, 5)(label)), latent])
    model = keras.Model([latent, label], layers.Dense(784, activation="sigmoid")(both))
    randomise(model).export(tmp_path / "generator", verbose=False)
    network = adopted(prepared, tmp_path / "generator", inputs__latent="normal")
    assert (network.config.label, network.config.labels, network.config.latent_dim) == ("integer", 10, 7)
    z = seeds.latents(SEEDS, 7)
    index = np.floor(10 * norm.cdf(z[:, 6:])).astype(np.float32)
    (output,) = called(tmp_path / "generator", noise=z[:, :6], label=index).values()
    assert_draws(network, 255 * output)


class Keras2(tf.Module):
    """A generator with the operations that Keras 2 wrote."""

    def __init__(self) -> None:
        super().__init__()
        draw = foreign_files.generator(4)

        def variable(*shape: int) -> tf.Variable:
            return tf.Variable(draw.normal(0, 0.4, shape).astype(np.float32))

        self.table, self.kernel, self.filters, self.last = (
            variable(10, 5), variable(11, 196), variable(4, 4, 3, 4), variable(3, 1),
        )  # fmt: skip
        self.channels = [variable(3) for _ in range(4)]
        self.flat = [variable(196) for _ in range(4)]
        self.iterations = tf.Variable(np.int64(7))

    def __call__(self, noise: Any, label: Any) -> Any:
        embedded = tf.nn.embedding_lookup(self.table, tf.cast(label, tf.int32))
        x = tf.concat([noise, tf.reshape(embedded, (-1, 5))], axis=-1) @ self.kernel
        offset, scale, mean, variance = self.flat
        x = tf.nn.batch_normalization(x, mean, tf.square(variance), offset, scale, 1e-3)
        x = tf.reshape(tf.nn.leaky_relu(x, 0.2), tf.stack([tf.shape(x)[0], 7, 7, 4]))
        shape = tf.stack([tf.shape(x)[0], 14, 14, 3])
        x = tf.nn.conv2d_transpose(x, self.filters, shape, strides=2, padding="SAME")
        scale, offset, mean, variance = self.channels
        x = tf.raw_ops.FusedBatchNormV3(
            x=x, scale=scale, offset=offset, mean=mean, variance=tf.square(variance), epsilon=1e-3, is_training=False
        ).y
        x = tf.image.resize(tf.nn.silu(x), (28, 28), method="nearest")
        x = tf.pad(tf.nn.relu(tf.tensordot(x, self.last, 1))[:, 1:-1, 1:-1], [[0, 0], [1, 1], [1, 1], [0, 0]])
        mean, spread = tf.split(tf.concat([x, 0.1 * x], axis=-1), 2, axis=-1)
        return tf.clip_by_value(tf.tanh(mean) + spread, 0, 1)


def write(path: Path, function: Any, module: tf.Module, name: str = "serving_default", **inputs: Any) -> None:
    """Write a SavedModel with one signature; `inputs` are its shapes without the batch, or specs."""
    specs = {
        name: each if isinstance(each, tf.TensorSpec) else tf.TensorSpec((None, *each), name=name)
        for name, each in inputs.items()
    }
    module.served = tf.function(lambda *values: {"picture": function(*values)}, input_signature=[*specs.values()])
    tf.saved_model.save(module, str(path), {name: module.served})


def test_operations_of_keras_2(prepared: Path, tmp_path: Path) -> None:
    module = Keras2()
    write(tmp_path / "generator", module, module, noise=(6,), label=(1,))
    # Keras 2 leaves its configurations there, which are not read.
    (tmp_path / "generator" / "keras_metadata.pb").write_bytes(b"\x0a\x04root")
    network = adopted(prepared, tmp_path / "generator", inputs__latent="normal")
    kinds = {layer.kind for layer in network.config.decoder.layers}
    assert {"BatchNormalization", "Conv2DTranspose", "Dense", "Embedding", "Slice", "UpSampling2D"} <= kinds
    z = seeds.latents(SEEDS, 7)
    index = np.floor(10 * norm.cdf(z[:, 6:])).astype(np.float32)
    (output,) = called(tmp_path / "generator", noise=z[:, :6], label=index).values()
    assert_draws(network, 255 * output)


def test_own_export_comes_back(params_file: Path, prepared: Path, tmp_path: Path) -> None:
    section = file.read(params_file).entry("runs", "mnist-vae").train
    origin = networks.build("vae", section, Prepared.read(prepared).spec, seed=1, precision="float32")
    randomise(origin.model, 0.3)
    export(origin, FORMATS["saved_model"], tmp_path / "export")
    encoder = foreign_files.section(tmp_path / "export") | {"range": "0..255"}
    network = adopted(prepared, tmp_path / "export", encoder={key: encoder[key] for key in ("file", "sha256", "range")})
    assert network.config.output_range == "0..255"
    assert_draws(network, generate.from_seeds(origin, SEEDS, 8))
    images = np.asarray(Prepared.read(prepared).images("test")[:8])
    for own, other in zip(*(batching.apply(of.model.encoder, images, 8) for of in (origin, network)), strict=True):
        assert np.allclose(own, other, rtol=1e-3, atol=1e-3)


class Sampling(layers.Layer):
    """A layer of the textbook: its code is in the graph, as operations."""

    def __init__(self) -> None:
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, inputs: Any) -> Any:
        mean, log_variance = inputs
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
        return mean + keras.ops.exp(0.5 * log_variance) * noise


def principal_components(prepared: Path) -> tuple[keras.Model, keras.Model]:
    """Return an encoder and a decoder of pixels from 0 to 1 whose variance is that of a standard normal."""
    images = np.asarray(Prepared.read(prepared).images("train")).reshape(-1, 784) / 255
    centre = images.mean(axis=0)
    components = np.linalg.svd(images - centre, full_matrices=False)[2][:8]
    image, latent = keras.Input((28, 28, 1), name="image"), keras.Input((8,), name="z")
    to_mean, to_pixels = layers.Dense(8, name="z_mean"), layers.Dense(784)
    flat = layers.Flatten()(image)
    mean, log_variance = to_mean(flat), layers.Dense(8, kernel_initializer="zeros")(flat)
    encoder = keras.Model(image, [mean, log_variance, Sampling()([mean, log_variance])])
    decoder = keras.Model(latent, layers.Reshape((28, 28, 1))(to_pixels(latent)))
    to_mean.set_weights([components.T, -components @ centre])
    to_pixels.set_weights([components, centre])
    return encoder, decoder


@pytest.mark.parametrize("whole", [False, True])
def test_autoencoder_of_two_directories_or_one(whole: bool, prepared: Path, tmp_path: Path) -> None:
    encoder, decoder = principal_components(prepared)
    changes: dict[str, Any] = {}
    if whole:
        keras.Model(encoder.input, decoder(encoder.output[2])).export(tmp_path / "vae", verbose=False)
    else:
        decoder.export(tmp_path / "vae", verbose=False)
        encoder.export(tmp_path / "encoder", verbose=False)
        digest = foreign_files.digest_of(tmp_path / "encoder")
        changes = {"encoder": {"file": str(tmp_path / "encoder"), "sha256": digest, "range": "auto"}}
    network = adopted(prepared, tmp_path / "vae", output__range="0..1", **changes)
    assert network.config.encoder_range == "0..1"
    images = np.asarray(Prepared.read(prepared).images("test")[:8])
    mean, log_variance = batching.apply(network.model.encoder, images, 8)
    assert np.allclose(mean, encoder(images / 255)[0], atol=1e-3)
    assert np.allclose(log_variance, 0, atol=1e-4)
    assert_draws(network, 255 * np.asarray(decoder(seeds.latents(SEEDS, 8))))


def test_signature_of_another_name_is_a_parameter(prepared: Path, tmp_path: Path) -> None:
    module = tf.Module()
    module.kernel = tf.Variable(foreign_files.generator().normal(0, 0.5, (3, 784)).astype(np.float32))
    write(tmp_path / "generator", lambda z: tf.sigmoid(z @ module.kernel), module, "draw", z=(3,))
    with pytest.raises(
        ValueError, match=r"signatures are draw \(z: float32 \(None, 3\)\); .* custom: \{NAME: decode\}"
    ):
        adopted(prepared, tmp_path / "generator", inputs__latent="normal")
    network = adopted(prepared, tmp_path / "generator", inputs__latent="normal", custom={"draw": "decode"})
    assert_draws(network, 255 * called(tmp_path / "generator", "draw", z=seeds.latents(SEEDS, 3))["picture"])


def test_generate_of_latents_is_a_generator(prepared: Path, tmp_path: Path) -> None:
    module = tf.Module()
    module.kernel = tf.Variable(foreign_files.generator().normal(0, 0.5, (3, 784)).astype(np.float32))
    write(tmp_path / "generator", lambda z: tf.sigmoid(z @ module.kernel), module, "generate", z=(3,))
    network = adopted(prepared, tmp_path / "generator", inputs__latent="normal")
    assert_draws(network, 255 * called(tmp_path / "generator", "generate", z=seeds.latents(SEEDS, 3))["picture"])


# Called on 28 × 28 × 4 numbers.
LAYERS: dict[str, Callable[[Any], Any]] = {
    "average pooling": layers.AveragePooling2D(2),
    "batch normalisation of rows": layers.BatchNormalization(axis=1),
    "cropping": layers.Cropping2D(((1, 2), (0, 3))),
    "depthwise convolution": layers.DepthwiseConv2D(3, depth_multiplier=2),
    "global maximum": layers.GlobalMaxPooling2D(),
    "grouped convolution": layers.Conv2D(6, 3, strides=2, groups=2),
    "group normalisation": layers.GroupNormalization(2),
    "hard sigmoid": layers.Activation("hard_sigmoid"),
    "maximum pooling": layers.MaxPooling2D(3, 2, padding="same"),
    "mish": layers.Activation("mish"),
    "one-dimensional convolution": lambda x: layers.Conv1D(5, 3)(layers.Reshape((28, 112))(x)),
    "parametric ReLU": layers.PReLU(shared_axes=[1, 2], alpha_initializer="ones"),
    "permutation": layers.Permute((3, 1, 2)),
    "repeated vector": lambda x: layers.RepeatVector(2)(layers.Flatten()(x)),
    "scaling": layers.UpSampling2D(3, interpolation="bilinear"),
    "scales of channels": layers.Rescaling([1.0, 2.0, 3.0, 4.0], 1.0),
    "separable convolution": layers.SeparableConv2D(5, 3),
    "sum of three": lambda x: layers.Average()([x, layers.Dense(4)(x), layers.Maximum()([x, x**2])]),
    "unit normalisation": layers.UnitNormalization(),
    "zero padding": layers.ZeroPadding2D(((1, 2), (0, 3))),
}


# Beside them, Keras exports batch normalisation as it is in training.
RESIZING: dict[str, Callable[[Any], Any]] = {
    "bilinear": layers.Resizing(11, 13),
    "nearest": layers.Resizing(42, 28, interpolation="nearest"),
}


@pytest.mark.parametrize("group", [LAYERS, RESIZING], ids=["layers", "resizing"])
def test_layers_compute_the_same(group: dict[str, Callable[[Any], Any]], tmp_path: Path) -> None:
    image = keras.Input((28, 28, 4), name="image")
    keras.Model(image, [layer(image) for layer in group.values()]).export(tmp_path / "model", verbose=False)
    inside = [path for path in (tmp_path / "model").rglob("*") if path.is_file()]
    files = {path.relative_to(tmp_path / "model").as_posix(): path.read_bytes() for path in inside}
    translated = translate.translate(files, {}, "decoder")["decoder"]
    architecture = translated.graph.architecture()
    inputs = rebuilt.inputs_of(architecture)
    outputs, made, _ = rebuilt.assemble(architecture, inputs)
    translated.assign(made)
    images = foreign_files.generator(5).normal(0, 1, (3, 28, 28, 4)).astype(np.float32)
    computed = dict(zip(translated.graph.output_names, keras.Model(inputs, outputs)([images]), strict=True))
    expected = called(tmp_path / "model", image=images)
    for number, name in enumerate(group):
        key = f"output_{number}"
        assert computed[key].shape == expected[key].shape, name
        assert np.allclose(computed[key], expected[key], atol=1e-5), name
