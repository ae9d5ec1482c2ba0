"""Compare FD of our default GAN and of the textbook's GAN after the same seconds of training.

Both train in float32 on the same images with the same batch size, for as long as our network needs for `--epochs`, at
its own schedule; the textbook's network has a constant rate. Samples are compared with images of the test split on the
features of the dataset's judge. This takes twice the minutes of our training.
"""

import time
from pathlib import Path

import click
import keras
import numpy as np

import textbook_gan
from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.modalities.judge import Judge
from atelier.modalities.params import Compared
from atelier.networks import batching
from ratios import gan_train_vs_textbook

PATH = click.Path(path_type=Path, exists=True)
BATCH = 100


class Deadline(keras.callbacks.Callback):
    """Stop a training after a number of seconds; the first step, which compiles it, does not count."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds, self.start = seconds, 0.0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.start = self.start or time.perf_counter()
        self.model.stop_training = time.perf_counter() - self.start > self.seconds


@click.command(help=__doc__)
@click.option(
    "--prepared", type=PATH, default="data/prepared/celeba", show_default=True, help="Prepared faces of 64×64 pixels."
)
@click.option("--judge", type=PATH, default="data/judges/celeba", show_default=True, help="Judge of this dataset.")
@click.option("--epochs", default=4, show_default=True, help="Length of our training.")
@click.option("--samples", default=2000, show_default=True, help="N of every distance.")
def main(prepared: Path, judge: Path, epochs: int, samples: int) -> None:
    faces, judging = Prepared.read(prepared), Judge.load(judge)
    keras.config.set_dtype_policy("float32")
    training = np.asarray(faces.images("train"))
    z = seeds.latents(range(samples), textbook_gan.LATENT_DIM)
    distances = Compared(samples=samples, neighbours=5, subsets=50, subset_size=samples // 2, seed=0)

    def report(name: str, images: np.ndarray) -> None:
        scores = judging.distances(judging.features(images), distances)
        shown = ", ".join(f"{key} {scores[key]:.3f}" for key in ("fd", "kid", "coverage", "fd_floor", "fd_ceiling"))
        click.echo(f"{name}: {shown} at N = {samples}")

    model, batches = gan_train_vs_textbook.ours(training, epochs=epochs)
    start = time.perf_counter()
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    seconds = time.perf_counter() - start
    click.echo(f"{seconds:.0f} s of training each")
    report("ours", model.gan.pixels(batching.apply(model.gan.decoder, z, BATCH)))
    textbook = textbook_gan.TextbookGAN()
    textbook.compile()
    scaled = training.astype("float32") / 255
    textbook.fit(scaled, batch_size=textbook_gan.BATCH, epochs=1000, verbose=0, callbacks=[Deadline(seconds)])
    generated = np.asarray(batching.apply(textbook.generator, z, BATCH))
    report("textbook", np.rint(255 * generated).astype(np.uint8))


if __name__ == "__main__":
    main()
