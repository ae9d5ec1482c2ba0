"""The description of a prepared dataset."""

from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from atelier.core import files

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Spec:
    """Shape and meaning of a prepared dataset, stored beside its arrays as `spec.json`.

    Attributes:
        shape: height, width and channels of an image; empty for texts.
        value_range: smallest and largest value of a pixel on disk; empty for texts.
        classes: class names, in the order of the labels.
        attributes: names of binary attributes, in the order of their columns; empty if there are none.
        sizes: number of examples by split (see `SPLITS`).
        sha256: SHA-256 of each array file, by file name.
        source: origin of the raw files (``embedded``, ``upstream``, ``mirror``).
        split_rule: the rule that assigns an example to a split.
        dropped: names of unusable examples that were left out, with the reason.
        license: what the data may be used for, if its authors restrict it.
        vocabulary: number of tokens in the tokenizer of a text dataset.
        statistics: numbers about the data for reports, by name.
    """

    name: str
    shape: tuple[int, ...]
    value_range: tuple[int, ...]
    classes: tuple[str, ...]
    attributes: tuple[str, ...]
    sizes: dict[str, int]
    sha256: dict[str, str]
    source: str
    split_rule: str = ""
    dropped: tuple[str, ...] = ()
    license: str = ""
    vocabulary: int = 0
    statistics: dict[str, float] = field(default_factory=dict)

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of the attributes, or else of the classes, in the order of the labels."""
        return self.attributes or self.classes

    def write(self, path: Path) -> None:
        """Write the description as JSON."""
        files.write_json(path, asdict(self))

    @classmethod
    def from_dict(cls, value: dict) -> "Spec":
        """Rebuild a Spec from its `asdict` form, also after a round trip through JSON."""
        keys = ("shape", "value_range", "classes", "attributes", "dropped")
        tuples = {key: tuple(value[key]) for key in keys if key in value}
        return cls(**{**value, **tuples})

    @classmethod
    def read(cls, path: Path) -> "Spec":
        """Read what `write` wrote."""
        value = files.read_record(path, *_REQUIRED)
        try:
            TypeAdapter(cls).validate_json(path.read_bytes(), strict=True)
            spec = cls.from_dict(value)
            if len(spec.shape) not in (0, 3):
                raise ValueError(f"shape: {spec.shape}")
            return spec
        except (TypeError, ValueError) as error:
            reason = " ".join(str(error).splitlines()[1:3]) if isinstance(error, ValidationError) else error
            raise ValueError(f"{path}: not the description of a dataset ({reason}); {files.RESTORE}") from None


_REQUIRED = [item.name for item in fields(Spec) if item.default is MISSING and item.default_factory is MISSING]
