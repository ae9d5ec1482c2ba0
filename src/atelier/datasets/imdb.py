"""IMDb: 50,000 film reviews with their ratings and 50,000 without (Maas et al., ACL 2011, P11-1015)."""

from pathlib import Path

from atelier.core.params.formats.reviews import Prepare
from atelier.core.spec import Spec
from atelier.datasets.formats.reviews import corpus
from atelier.datasets.download.remote import RemoteFile

# On the authors' host. The MD5 is the one that torchtext pins too.
FILES = (
    RemoteFile(
        corpus.ARCHIVE,
        84125825,
        "",
        (f"https://ai.stanford.edu/~amaas/data/sentiment/{corpus.ARCHIVE}",),
        md5="7c2ac02c03563afcf9b574c7e56c153a",
    ),
)


def prepare(raw: Path, out: Path, params: Prepare, source: str) -> Spec:
    """Turn the archive into tokens, a tokenizer, `spec.json` and exhibits; see `corpus.prepare`."""
    return corpus.prepare("imdb", raw, out, params, source)
