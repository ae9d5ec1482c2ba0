"""Compare KID of our default GAN and of the textbook's GAN after the same number of training images.

Both train in float32 on the same images with the same batch size. Samples are compared with images of the validation
split on the features of the dataset's judge. This takes minutes: the textbook's network is slow.
"""

from pathlib import Path

import click
import keras
import numpy as np

import textbook_gan
from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.metrics import manifold
from atelier.metrics.kernel import kernel_distance
from atelier.modalities.judge import Judge
from atelier.networks import batching
from ratios import gan_train_vs_textbook

PATH = click.Path(path_type=Path, exists=True)


@click.command(help=__doc__)
@click.option(
    "--prepared", type=PATH, default="data/prepared/celeba", show_default=True, help="Prepared faces of 64×64 pixels."
)
@click.option("--judge", type=PATH, default="data/judges/celeba", show_default=True, help="Judge of this dataset.")
@click.option("--images", default=3200, show_default=True, help="Number of training images.")
def main(prepared: Path, judge: Path, images: int) -> None:
    faces, judging = Prepared.read(prepared), Judge.load(judge)
    keras.config.set_dtype_policy("float32")
    real = judging.features(np.asarray(faces.images("validation")))
    training = np.asarray(faces.images("train")[:images])
    z = seeds.latents(range(len(real)), textbook_gan.LATENT_DIM)

    def report(name: str, samples: np.ndarray) -> None:
        features = judging.features(samples)
        kid, spread = kernel_distance(real, features, subsets=20, subset_size=len(real) // 2, seed=0)
        coverage = manifold.compare(real, features, neighbours=5).coverage
        click.echo(f"{name}: KID {kid:.3f} ± {spread:.3f}, coverage {coverage:.3f} at N = {len(real)}")

    model, batches = gan_train_vs_textbook.ours(training)
    model.fit(batches, shuffle=False, verbose=0)
    report("ours", model.pixels(batching.apply(model.decoder, z, 100)))
    textbook = textbook_gan.TextbookGAN()
    textbook.compile()
    textbook.fit(training.astype("float32") / 255, batch_size=textbook_gan.BATCH, verbose=0)
    generated = np.asarray(batching.apply(textbook.generator, z, 100))
    report("textbook", np.rint(255 * generated).astype(np.uint8))


if __name__ == "__main__":
    main()
