"""Numbers and parameters as text."""

import math

# The narrow no-break space that separates thousands.
_THIN = "\u202f"


def number(value: float) -> str:
    """Format a number with four significant digits, three below 1.

    Thousands are separated; exponents appear only below 0.0001.

    >>> number(138.4372), number(0.012345), number(60000) == f"60{_THIN}000", number(1e-7), number(-2.5)
    ('138.4', '0.0123', True, '1e-07', '−2.500')
    """
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if (value == int(value) and size < 1e15) or size >= 10_000:
        text = f"{round(size):,}".replace(",", _THIN)
    elif size < 1e-4:
        text = f"{size:.2g}"
    else:
        text = f"{size:.{(3 if size >= 1 else 2) - math.floor(math.log10(size))}f}"
    return f"−{text}" if value < 0 else text


def share(value: float) -> str:
    """Format a share of 1 as a percentage.

    >>> share(0.9912)
    '99.1\\u202f%'
    """
    return f"{100 * value:.1f}{_THIN}%"


def plain(value: object) -> str:
    """Format a parameter as `params.yaml` writes it, but lists without brackets.

    >>> plain(True), plain((32, 64)), plain(0.001), plain(None), plain({"latent": "auto"})
    ('true', '32, 64', '0.001', '–', 'latent: auto')
    """
    match value:
        case None:
            return "–"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case dict():
            return ", ".join(f"{key}: {plain(part)}" for key, part in value.items()) or "–"
        case list() | tuple():
            return ", ".join(plain(part) for part in value) or "–"
        case _:
            return str(value)
