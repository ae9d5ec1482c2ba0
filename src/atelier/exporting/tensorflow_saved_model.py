"""Write all parts as one SavedModel, with a signature for each; the only module here that calls TensorFlow itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from atelier.networks.portable import Function, Input, Outputs, Part, together

PRECISIONS = ("float32", "mixed_bfloat16")


def write(parts: list[Part], directory: Path) -> Iterator[tuple[Part, str, Function]]:
    """Write parts, and `generate` where there is a decoder, to `directory`; see `export.FormatModule`."""
    parts = [*parts, *(_generate(part) for part in parts if part.signature == "decode")]
    archive = keras.export.ExportArchive()
    for part in parts:
        archive.track(part.model)
        specs = [tf.TensorSpec((None, *each.shape), each.examples.dtype, name=each.name) for each in part.inputs]
        archive.add_endpoint(part.signature, _named(part), input_signature=specs)
    archive.write_out(str(directory), verbose=False)
    loaded = tf.saved_model.load(str(directory))
    for part in parts:
        yield part, "", _called(loaded.signatures[part.signature], part)


class Generator(keras.Model):
    """Seeds, int64 ``(n,)`` → one image for each, uint8 ``(n, h, w, c)``, which depends on its seed only.

    If the decoder is told conditions, they are the second input, ``(n, conditions)``.
    """

    def __init__(self, decoder: keras.Model) -> None:
        super().__init__(name="generator")
        self.decoder = decoder
        self.built = True

    def call(self, inputs: Any) -> Any:
        seeds, *condition = keras.tree.flatten(inputs)
        return self.decoder(together([self.latents(seeds), *condition]))

    def latents(self, seeds: Any) -> Any:
        """Draw one standard normal latent for each seed, float32 ``(n, latent_dim)``."""
        shape = self.decoder.inputs[0].shape[1:]

        def latent(seed: Any) -> Any:
            # Philox on every device; the default may be another algorithm on another device.
            return tf.random.stateless_normal(shape, tf.stack([seed, tf.zeros_like(seed)]), alg="philox")

        return tf.map_fn(latent, seeds, fn_output_signature=tf.TensorSpec(shape, tf.float32))


def _generate(decode: Part) -> Part:
    generator = Generator(decode.model)

    def reference(seeds: np.ndarray, *condition: np.ndarray) -> Outputs:
        return decode.reference(np.asarray(generator.latents(tf.constant(seeds))), *condition)

    z, *condition = decode.inputs
    seeds = Input("seeds", (), np.arange(len(z.examples), dtype=np.int64))
    return Part("generate", generator, (seeds, *condition), ("images",), reference)


def _named(part: Part) -> Any:
    def endpoint(*inputs: Any) -> Any:
        outputs = part.model(together(inputs), training=False)
        return dict(zip(part.outputs, keras.tree.flatten(outputs), strict=True))

    return endpoint


def _called(signature: Any, part: Part) -> Function:
    def function(*inputs: np.ndarray) -> Outputs:
        named = {each.name: tf.constant(array) for each, array in zip(part.inputs, inputs, strict=True)}
        return {key: np.asarray(value) for key, value in signature(**named).items()}

    return function
