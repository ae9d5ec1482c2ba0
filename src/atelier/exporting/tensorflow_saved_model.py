"""Write all parts as one SavedModel, with a signature for each; the only module here that calls TensorFlow itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from atelier.networks.portable import Function, Outputs, Part

PRECISIONS = ("float32", "mixed_bfloat16")


def write(parts: list[Part], directory: Path) -> Iterator[tuple[Part, str, Function]]:
    """Write parts, and `generate` where there is a decoder, to `directory`; see `export.FormatModule`."""
    parts = [*parts, *(_generate(part) for part in parts if part.signature == "decode")]
    archive = keras.export.ExportArchive()
    for part in parts:
        archive.track(part.model)
        spec = tf.TensorSpec((None, *part.shape), part.example.dtype, name=part.input)
        archive.add_endpoint(part.signature, _named(part), input_signature=[spec])
    archive.write_out(str(directory), verbose=False)
    loaded = tf.saved_model.load(str(directory))
    for part in parts:
        yield part, "", _called(loaded.signatures[part.signature], part.input)


class Generator(keras.Model):
    """Seeds, int64 ``(n,)`` → one image for each, uint8 ``(n, h, w, c)``, which depends on its seed only."""

    def __init__(self, decoder: keras.Model) -> None:
        super().__init__(name="generator")
        self.decoder = decoder
        self.built = True

    def call(self, seeds: Any) -> Any:
        return self.decoder(self.latents(seeds))

    def latents(self, seeds: Any) -> Any:
        """Draw one standard normal latent for each seed, float32 ``(n, latent_dim)``."""
        shape = self.decoder.input.shape[1:]

        def latent(seed: Any) -> Any:
            # Philox on every device; the default may be another algorithm on another device.
            return tf.random.stateless_normal(shape, tf.stack([seed, tf.zeros_like(seed)]), alg="philox")

        return tf.map_fn(latent, seeds, fn_output_signature=tf.TensorSpec(shape, tf.float32))


def _generate(decode: Part) -> Part:
    generator = Generator(decode.model)

    def reference(seeds: np.ndarray) -> Outputs:
        return decode.reference(np.asarray(generator.latents(tf.constant(seeds))))

    example = np.arange(len(decode.example), dtype=np.int64)
    return Part("generate", generator, "seeds", (), ("images",), example, reference)


def _named(part: Part) -> Any:
    def endpoint(inputs: Any) -> Any:
        return dict(zip(part.outputs, keras.tree.flatten(part.model(inputs, training=False)), strict=True))

    return endpoint


def _called(signature: Any, name: str) -> Function:
    def function(inputs: np.ndarray) -> Outputs:
        return {key: np.asarray(value) for key, value in signature(**{name: tf.constant(inputs)}).items()}

    return function
