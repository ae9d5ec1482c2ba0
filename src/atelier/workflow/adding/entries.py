"""Derive the entries of a dataset from those of the profile `demo`: values that fit its size and its examples."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

from atelier.params import file
from atelier.workflow.adding.seen import Seen

Section = dict[str, Any]

_SMALLEST_MAP = 4  # side of the smallest feature map, in pixels
_MOST_SAMPLES = 1000
_SHORTEST = 16  # of a context, and of the texts that a judge reads, in tokens
_BATCHES = ((50_000, 128), (10_000, 64))  # from so many training examples on


def template(demo: Mapping[str, Any], family: str) -> str:
    """Return the run of the profile `demo` that new runs of a family are derived from.

    It is one on pictures of any size (CelebA's) if there is one.
    """
    runs = [name for name, run in demo["runs"].items() if run["family"] == family]
    if not runs:
        having = sorted({run["family"] for run in demo["runs"].values()})
        raise ValueError(
            f"--family: the profile demo has no run of the family {family!r} that values could be taken from; "
            f"it has: {', '.join(having)}"
        )
    return next((name for name in runs if "size" in _dataset(demo, name)["prepare"]), runs[0])


def derive(
    demo: Mapping[str, Any], like: str, dataset: str, seen: Seen, judge: Mapping[str, Any] | None
) -> tuple[Section, Section]:
    """Return the judge of the dataset, which is `judge` if it has one, and a run of the family of the run `like`.

    The number of epochs falls with the root of the number of training examples, so that more data still means more
    steps.
    """
    run = demo["runs"][like]
    trained = demo["downloads"][run["dataset"]]["embedded"]["train"]
    scale = sqrt(trained / max(1, seen.sizes["train"]))
    new_judge = dict(judge) if judge else _judge(demo["judges"][run["dataset"]], run["family"], scale, seen)
    evaluate = _compared(run["evaluate"], _count(seen, new_judge["gauge"]["samples"]))
    sample = dict(run["sample"]) | {"samples": evaluate["samples"]}
    new_run: Section = {"dataset": dataset, "family": run["family"], "train": _trained(run["train"], scale, seen)}
    new_run |= {"sample": sample, "evaluate": evaluate}
    for part in file.PARTS:
        _fit(new_run[part], run["family"], seen)
    if "stride" in evaluate:
        evaluate["stride"] = min(evaluate["stride"], new_run["train"]["context"])
    return new_judge, new_run


def _judge(like: Mapping[str, Any], family: str, scale: float, seen: Seen) -> Section:
    count = _count(seen, _MOST_SAMPLES)
    gauge = _compared(like["gauge"], count)
    if "missing_class" in gauge:
        gauge["missing_class"] = 0 if (seen.without_first or 0) >= count else None
    judge: Section = {"labels": seen.labels} if "labels" in like else {}
    judge |= {"train": _trained(like["train"], scale, seen), "gauge": gauge}
    _fit(judge["train"], family, seen)
    _fit(gauge, family, seen)
    return judge


def _fit(section: Section, family: str, seen: Seen) -> None:
    (_fit_pictures if file.modality(family) == "images" else _fit_texts)(section, seen)


def _dataset(demo: Mapping[str, Any], run: str) -> Any:
    return demo["datasets"][demo["runs"][run]["dataset"]]


def _trained(section: Mapping[str, Any], scale: float, seen: Seen) -> Section:
    new = dict(section)
    if new.get("steps_per_epoch"):
        # An epoch of so many batches is no pass through the data.
        new["steps_per_epoch"] = max(20, round(new["steps_per_epoch"] / scale))
    else:
        new["epochs"] = min(3 * new["epochs"], max(min(4, new["epochs"]), round(new["epochs"] * scale)))
    epochs = new["epochs"]
    new["batch"] = next((batch for least, batch in _BATCHES if seen.sizes["train"] >= least), section["batch"])
    if "preview_epochs" in new:
        new["preview_epochs"] = max(1, epochs // 3)
    if "clean_epochs" in new:
        new["clean_epochs"] = min(new["clean_epochs"], epochs)
    return new


def _count(seen: Seen, most: int) -> int:
    """Return a round number of examples that each split has."""
    count = min(most, seen.sizes["test"], seen.sizes["train"])
    return count - count % (100 if count >= 500 else 10)


def _compared(section: Mapping[str, Any], samples: int) -> Section:
    return dict(section) | {"samples": samples, "subset_size": samples // 2}


def _fit_pictures(section: Section, seen: Seen) -> None:
    size = seen.prepare["size"]
    halvings = max(1, *(k for k in range(8) if size % 2**k == 0 and size // 2**k >= _SMALLEST_MAP), 1)
    for key, value in section.items():
        if key.endswith("filters") and value:
            section[key] = _of_length(value, halvings)
    if "flip" in section:
        # Letters and drawings, which are often grey, are not the same when mirrored; most photographs are.
        section["flip"] = seen.prepare["colour"] == "rgb"
    if "mixture_components" in section:
        section["mixture_components"] = max(1, min(section["mixture_components"], seen.sizes["train"] // 50))
    for key in ("shown", "reconstructions"):
        if key in section:
            section[key] = min(section[key], seen.sizes["test"])


def _of_length(filters: list[int], length: int) -> list[int]:
    """Repeat or remove the widest layer, which is at the smallest feature map.

    >>> _of_length([24, 48, 96], 4), _of_length([96, 48, 24], 2)
    ([24, 48, 96, 96], [48, 24])
    """
    new = list(filters)
    while len(new) != length:
        widest = new.index(max(new))
        new[widest : widest + 1] = [new[widest]] * 2 if len(new) < length else []
    return new


def _fit_texts(section: Section, seen: Seen) -> None:
    length = max(_SHORTEST, seen.length)
    for key in ("length", "tokens", "max_tokens", "preview_tokens"):
        if key in section:
            section[key] = min(section[key], length)
    if "context" in section:
        # Enough rows of tokens for several batches.
        while section["context"] > _SHORTEST and seen.tokens < 4 * (section["batch"] + 1) * section["context"]:
            section["context"] //= 2
    for key in ("prompt", "preview_prompt"):
        if key in section:
            section[key] = seen.start
