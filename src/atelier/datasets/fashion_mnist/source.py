"""Fashion-MNIST: 70,000 articles of clothing, 28×28 grey (Xiao, Rasul & Vollgraf, 2017, arXiv:1708.07747)."""

from pathlib import Path

from atelier.core.spec import Spec
from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.formats.idx.container import IMAGES, LABELS
from atelier.datasets.formats.idx.params import Prepare
from atelier.datasets.formats.idx.prepare import prepare_labelled

CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
SHAPE = (28, 28, 1)

# The authors' own host has no https; the pinned SHA-256 makes the download safe.
_HOSTS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
)
FILES = tuple(
    RemoteFile(name, size, sha256, tuple(host + name for host in _HOSTS))
    for name, size, sha256 in (
        (IMAGES["train"], 26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        (LABELS["train"], 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        (IMAGES["test"], 4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        (LABELS["test"], 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    )
)


def prepare(name: str, raw: Path, out: Path, params: Prepare, source: str) -> Spec:
    """Decode the four raw files and write arrays, `spec.json` and pictures; see `prepare_labelled`."""
    return prepare_labelled(name, raw, out, params, source, CLASSES, SHAPE)
