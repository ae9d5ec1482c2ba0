"""Find the weights of each layer in a foreign HDF5 file, and check them before memory is allocated.

A file of Keras also contains the state of an optimiser, random seeds and whatever a person added. Only the arrays of
layers are looked at, and only plain ones of floats are read.
"""

import re
from collections.abc import Iterator
from typing import Any

import h5py
import keras
import numpy as np

from atelier.families.adopted.graph import Graph, Place
from atelier.families.adopted.source import WEIGHTS, Opened, attribute
from atelier.networks.weights import Shapes

# Where versions of Keras put the layers of a model in a `.keras` archive.
CONTAINERS = ("layers", "_layer_checkpoint_dependencies")


class Stored:
    """The arrays of the layers of a graph.

    `arrays` holds those of each group of the file, by the place of the layer or outermost model that it belongs to.
    """

    def __init__(self, opened: Opened, graph: Graph, part: str = "") -> None:
        self.opened, self.graph = opened, graph
        self.name = str(opened.path) if opened.legacy else f"{opened.path}: {WEIGHTS}"
        self.arrays: dict[str, list[tuple[str, h5py.Dataset]]] = {}
        places = [(index, place) for index, place in enumerate(graph.places) if place is not None]
        self.groups: dict[str, list[int]] = {}
        for index, place in places:
            key = place.names[0] if opened.legacy else "/".join(place.names)
            self.groups.setdefault(key, []).append(index)
            if key not in self.arrays:
                found = self._legacy(key) if opened.legacy else self._archived(place, part)
                self.arrays[key] = [(name, self._plain(array, name)) for name, array in found]
        if sum(array.id.get_storage_size() for each in self.arrays.values() for _, array in each) > opened.size:
            raise ValueError(f"{self.name}: its arrays overlap: their total size is larger than the file")

    def shapes(self) -> Shapes:
        """Count the shapes of all arrays."""
        return Shapes(array.shape for each in self.arrays.values() for _, array in each)

    def assign(self, made: list[keras.layers.Layer]) -> None:
        """Read the weights of the created layers of the graph; raise `ValueError` where file and layer differ."""
        for key, indices in self.groups.items():
            variables = list(self._in_order(key, indices, made))
            arrays = self.arrays[key]
            if len(arrays) != len(variables):
                raise ValueError(f"{self.name}: {key} has {len(arrays)} arrays; its layers need {len(variables)}")
            for (name, array), variable in zip(arrays, variables, strict=True):
                if array.shape != tuple(variable.shape):
                    shape = tuple(variable.shape)
                    raise ValueError(f"{self.name}: {name} has the shape {array.shape}; its layer needs {shape}")
                values = np.asarray(array[()], np.float32)
                if not np.isfinite(values).all():
                    raise ValueError(f"{self.name}: {name} contains numbers that are not finite")
                variable.assign(values)

    def _in_order(self, key: str, indices: list[int], made: list[keras.layers.Layer]) -> Iterator[Any]:
        """Yield the variables of some layers in the order in which the file has their arrays."""
        whole = [(made[index], self.graph.places[index], self.graph.frozen[index]) for index in indices]
        if len(whole) == 1 or not self.opened.legacy:
            yield from (variable for layer, _, _ in whole for variable in layer.weights)
            return
        # Arrays of a nested model are listed by name; the names of Keras 3 lack those of layers at times, and then the
        # order counts: first what is trained.
        named: dict[tuple[str, ...], Any] = {
            (place.names[-1], variable.name): variable
            for layer, place, _ in whole
            if place
            for variable in layer.weights
        }
        labels = [tuple(re.sub(r":\d+$", "", name).split("/")[-2:]) for name, _ in self.arrays[key]]
        if len(set(labels)) == len(labels) == len(named) and set(labels) == set(named):
            yield from (named[label] for label in labels)
            return
        for layer, _, frozen in whole:
            yield from ([] if frozen else layer.trainable_weights)
        for layer, _, frozen in whole:
            yield from (layer.weights if frozen else layer.non_trainable_weights)

    def _legacy(self, key: str) -> Iterator[tuple[str, h5py.Dataset]]:
        root: Any = self.opened.weights
        root = _hard(root, "model_weights", self.name) if "model_weights" in root else root
        if key not in root:
            return
        group = _hard(root, key, self.name)
        attributes = sorted((name for name in group.attrs if re.fullmatch(r"weight_names\d*", name)), key=_number)
        for each in attributes:
            for name in attribute(group, each):
                yield name, _hard(group, name, self.name)

    def _archived(self, place: Place, part: str) -> Iterator[tuple[str, h5py.Dataset]]:
        group: Any = _hard(self.opened.weights, part, self.name) if part else self.opened.weights
        for name, kind, ordinal in zip(place.names, place.classes, place.ordinals, strict=True):
            inside = next((container for container in CONTAINERS if container in group), None)
            group = None if inside is None else self._child(_hard(group, inside, self.name), name, kind, ordinal)
            if group is None:
                return
        if "vars" in group:
            variables = _hard(group, "vars", self.name)
            for name in sorted(variables, key=_number):
                yield f"{variables.name}/{name}", _hard(variables, name, self.name)

    def _child(self, group: h5py.Group, name: str, kind: str, ordinal: int) -> Any:
        """Find the group of a layer, if any: by its name where it is noted, else as the `ordinal`-th of its class."""
        base = _snake_case(kind)
        found = sorted((child for child in group if re.fullmatch(rf"{base}(_\d+)?", child)), key=_number)
        groups = [_hard(group, child, self.name) for child in found]
        for each in groups:
            if isinstance(each, h5py.Group) and "vars" in each and attribute(each["vars"], "name") == [name]:
                return each
        return groups[ordinal] if ordinal < len(groups) else None

    def _plain(self, array: Any, name: str) -> h5py.Dataset:
        """Return an array if its numbers are stored in this file, uncompressed and contiguous."""
        if not isinstance(array, h5py.Dataset):
            raise ValueError(f"{self.name}: {name} is no array")
        kind, layout = array.dtype, array.id.get_create_plist().get_layout()
        if kind.kind != "f" or kind.itemsize > 8 or array.shape is None:
            raise ValueError(f"{self.name}: {name} has the type {kind}; weights are floats")
        if layout not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or array.external:
            raise ValueError(f"{self.name}: {name} is chunked, compressed, virtual or in another file")
        if array.id.get_storage_size() != array.size * kind.itemsize:
            raise ValueError(f"{self.name}: {name} has the shape {array.shape}, but the file lacks its numbers")
        offset = array.id.get_offset()
        if layout == h5py.h5d.CONTIGUOUS and (offset is None or offset + array.nbytes > self.opened.size):
            raise ValueError(f"{self.name}: {name} extends beyond the end of the file")
        return array


def _hard(group: Any, path: str, name: str) -> Any:
    """Open a member of a group, at the end of a path of its own names; links to elsewhere are not followed."""
    for part in filter(None, path.split("/")):
        if not isinstance(group, h5py.Group) or part not in group:
            raise ValueError(f"{name} has no {path!r}")
        if not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise ValueError(f"{name}: {path} is a link; links are not followed")
        group = group[part]
    return group


def _number(name: str) -> int:
    """Return the number at the end of a name, or −1.

    >>> sorted(["dense_10", "dense_2", "dense"], key=_number)
    ['dense', 'dense_2', 'dense_10']
    """
    found = re.search(r"(\d+)$", name)
    return int(found[1]) if found and (found.start() == 0 or name[found.start() - 1] in "_s") else -1


def _snake_case(name: str) -> str:
    """Name a class as Keras does in its archives.

    >>> _snake_case("Conv2DTranspose"), _snake_case("LeakyReLU"), _snake_case("PReLU")
    ('conv2d_transpose', 'leaky_re_lu', 'p_re_lu')
    """
    separated = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", separated).lower()
