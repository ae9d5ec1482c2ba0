"""MNIST: 70,000 handwritten digits, 28×28 grey (LeCun, Cortes & Burges; http://yann.lecun.com/exdb/mnist/)."""

from pathlib import Path

from atelier.core.spec import Spec
from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.formats.idx.container import IMAGES, LABELS
from atelier.datasets.formats.idx.params import Prepare
from atelier.datasets.formats.idx.prepare import prepare_labelled

CLASSES = tuple("0123456789")
SHAPE = (28, 28, 1)

# The author's own host refuses downloads; these two serve the same bytes.
_HOSTS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
FILES = tuple(
    RemoteFile(name, size, sha256, tuple(host + name for host in _HOSTS))
    for name, size, sha256 in (
        (IMAGES["train"], 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        (LABELS["train"], 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        (IMAGES["test"], 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        (LABELS["test"], 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    )
)


def prepare(name: str, raw: Path, out: Path, params: Prepare, source: str) -> Spec:
    """Decode the four raw files and write arrays, `spec.json` and pictures; see `prepare_labelled`."""
    return prepare_labelled(name, raw, out, params, source, CLASSES, SHAPE)
