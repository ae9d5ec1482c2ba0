"""IMDb: 50,000 film reviews with their ratings and 50,000 without (Maas et al., ACL 2011, P11-1015)."""

from pathlib import Path

from atelier.core.spec import Spec
from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.formats.reviews.archive import ARCHIVE
from atelier.datasets.formats.reviews.params import Prepare
from atelier.datasets.formats.reviews.prepare import prepare_reviews

_URL = f"https://ai.stanford.edu/~amaas/data/sentiment/{ARCHIVE}"
# The MD5 is that of torchtext.
FILES = (RemoteFile(ARCHIVE, 84125825, "", (_URL,), md5="7c2ac02c03563afcf9b574c7e56c153a"),)


def prepare(name: str, raw: Path, out: Path, params: Prepare, source: str) -> Spec:
    """Turn the archive into tokens, a tokenizer, `spec.json` and pictures; see `prepare_reviews`."""
    return prepare_reviews(name, raw, out, params, source)
