"""CelebA: 202,599 faces, cropped and aligned, with 40 attributes (Liu et al., ICCV 2015, arXiv:1411.7766)."""

from pathlib import Path

from atelier.core.spec import Spec
from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.formats.faces.archive import ARCHIVE, ATTRIBUTES, PARTITION
from atelier.datasets.formats.faces.params import Prepare
from atelier.datasets.formats.faces.prepare import prepare_faces

LICENSE = (
    "CelebA is for non-commercial research only; its pictures show real people: do not publish, pass on or sell them, "
    "nor models that remember them (http://mmlab.ie.cuhk.edu.hk/projects/CelebA.html)."
)


def _remote(name: str, size: int, md5: str, drive_id: str) -> RemoteFile:
    return RemoteFile(name, size, "", (f"https://drive.google.com/file/d/{drive_id}/view",), md5=md5)


# On the authors' Google Drive. The MD5 digests are those of torchvision, the lengths those of tensorflow-datasets.
FILES = (
    _remote(ARCHIVE, 1443490838, "00d2c5bc6d35e252742224ab0c1e8fcb", "0B7EVK8r0v71pZjFTYXZWM3FlRnM"),
    _remote(ATTRIBUTES, 26721026, "75e246fa4810816ffd6ee81facbd244c", "0B7EVK8r0v71pblRyaVFSWGxPY0U"),
    _remote(PARTITION, 2836386, "d32c9cbf5e040fd4025c592c306e6668", "0B7EVK8r0v71pY0NSMzRuSXJEVkk"),
)


def prepare(name: str, raw: Path, out: Path, params: Prepare, source: str) -> Spec:
    """Turn the zip and the two tables into arrays, `spec.json` and pictures; see `prepare_faces`."""
    # The offline twin shows no real person.
    return prepare_faces(name, raw, out, params, source, "" if source == "embedded" else LICENSE)
