"""What the folders around files say: the split and the class of each file."""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_SPLIT_FOLDERS = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 2, "testing": 2}

Folders = tuple[str, ...]


class Layout(NamedTuple):
    """Of each file: `split`, an index into `SPLITS`, and `folder`, an index into `folders`; −1 for none.

    `official` are the splits that have folders; empty if folders say nothing about splits.
    """

    split: np.ndarray
    folder: np.ndarray
    folders: Folders
    official: tuple[int, ...]

    @property
    def unnamed(self) -> list[str]:
        """Return why the class of each file is not named by its folder; empty if it is."""
        return ["" if index >= 0 else "in no folder that names its class" for index in self.folder.tolist()]

    def lacking(self, unlabelled: Sequence[str]) -> list[str]:
        """Return why each file belongs to no split, else why it has no label (`unlabelled`); empty if it has both."""
        outside = (self.split < 0) & bool(self.official)
        return [
            "outside of the folders of the splits" if out else why
            for out, why in zip(outside.tolist(), unlabelled, strict=True)
        ]


def read(names: Sequence[str], origin: object) -> Layout:
    """Find out what the folders in the paths `names` mean.

    Folders that contain all others are skipped: an archive often has one. Then, if the outermost folders, or those one
    level below, are train and at least one of validation and test (or val, valid, training, testing, in any case),
    they are the splits. The outermost folder that is left is the class.

    >>> layout = read(["top/train/cat/1.png", "top/test/dog/2.png"], "flowers.zip")
    >>> layout.split.tolist(), layout.folder.tolist(), layout.folders
    ([0, 2], [0, 1], ('cat', 'dog'))

    Raises:
        ValueError: folders of splits stand beside others; the message begins with `origin`.
    """
    # The meaning of a directory is that of each file in it, and there are far fewer of them.
    directories = {directory: index for index, directory in enumerate(sorted({_directory(name) for name in names}))}
    of = np.array([directories[_directory(name)] for name in names], np.intp)
    paths = [tuple(shown(directory).split("/")) if directory else () for directory in directories]
    _strip(paths)
    split = np.full(len(paths), -1, np.int8)
    depth, official = _official(paths, origin)
    if depth >= 0:
        for index, path in enumerate(paths):
            if path:
                split[index] = _SPLIT_FOLDERS[path[depth].lower()]
                paths[index] = path[:depth] + path[depth + 1 :]
        _strip(paths)
    folders = tuple(sorted({path[0] for path in paths if path}))
    position = {name: index for index, name in enumerate(folders)}
    folder = np.array([position[path[0]] if path else -1 for path in paths], np.int32)
    return Layout(split[of], folder[of], folders, official)


def shown(name: str) -> str:
    """Return a path as text that can be written: composed characters, bytes that are no UTF-8 replaced."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _directory(name: str) -> str:
    return name.rpartition("/")[0]


def _strip(paths: list[Folders]) -> None:
    """Remove the folders that all files in folders have in common."""
    inside = [path for path in paths if path]
    shared = min(inside, key=len, default=())
    for path in inside:
        while shared != path[: len(shared)]:
            shared = shared[:-1]
    if shared:
        for index, path in enumerate(paths):
            paths[index] = path[len(shared) :]


def _official(paths: Sequence[Folders], origin: object) -> tuple[int, tuple[int, ...]]:
    """Return the depth of the folders that are splits, −1 if none are; and these splits."""
    for depth in (0, 1):
        found = {path[depth] if len(path) > depth else "" for path in paths if path}
        splits = {_SPLIT_FOLDERS[name.lower()] for name in found if name.lower() in _SPLIT_FOLDERS}
        if not (0 in splits and len(splits) > 1):
            continue
        others = sorted(name for name in found if name.lower() not in _SPLIT_FOLDERS)
        if not others:
            return depth, tuple(sorted(splits))
        if depth == 0:
            raise ValueError(
                f"{origin}: the folders train, validation and test are splits, but beside them is {others[0]!r}; move "
                "it into one of them, or rename them"
            )
    return -1, ()
