"""Bad examples of a person's own data: they are named, and only so many of them may be left out."""

from collections.abc import Iterable, Sequence

from atelier.datasets.formats.own.layout import shown

_LISTED = 10  # that an error lists


def named(names: Iterable[str], reasons: Iterable[str], others: Iterable[str] = ()) -> list[str]:
    """Return a line for each name with a reason, then `others`."""
    return [*(f"{shown(name)}: {why}" for name, why in zip(names, reasons, strict=True) if why), *others]


def require_few(dataset: str, what: str, bad: Sequence[str], allowed: int) -> None:
    """Raise a `ValueError` that names bad examples if there are more of them than the parameter `max_bad` allows."""
    if len(bad) <= allowed:
        return
    lines = [f"{len(bad):,} bad {what}; datasets.{dataset}.prepare.max_bad allows {allowed:,}"]
    lines += [f"  {line}" for line in sorted(bad)[:_LISTED]]
    lines += [f"  and {len(bad) - _LISTED:,} more"] if len(bad) > _LISTED else []
    raise ValueError("\n".join(lines))
