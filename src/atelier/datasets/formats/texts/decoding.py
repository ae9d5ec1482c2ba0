"""Decode the bytes of files to text, and say why a text cannot be used."""

import codecs
import re

LONGEST = 1 << 24  # characters of a text

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile("[\udc80-\udcff]")
_MARK = "\ufeff"


def decode(data: bytes, encoding: str) -> str:
    """Return the text of a whole file, without a byte-order mark.

    Raises:
        ValueError: its bytes are no text in this encoding.
    """
    try:
        return data.decode(encoding).removeprefix(_MARK)
    except UnicodeError as error:
        place = f" (byte {error.start:,})" if isinstance(error, UnicodeDecodeError) else ""
        raise ValueError(f"cannot be decoded as {encoding}{place}") from None


def decode_table(data: bytes, encoding: str) -> str:
    """Return the text of a table; bytes that cannot be decoded make only the texts unusable that contain them.

    Raises:
        ValueError: the first line cannot be decoded, or the encoding has no characters to stand for such bytes.
    """
    try:
        return decode(data, encoding)
    except ValueError:
        try:
            text = data.decode(encoding, "surrogateescape").removeprefix(_MARK)
        except UnicodeError:
            text = ""
        if not text or _ESCAPED.search(text.split("\n", 1)[0]):
            raise
        return text


def problem(text: str, encoding: str) -> str:
    """Say why a text cannot be used; empty if it can.

    >>> problem("caf\\udce9", "utf-8"), problem("fine", "utf-8")
    ('cannot be decoded as utf-8', '')
    """
    if _ESCAPED.search(text):
        return f"cannot be decoded as {encoding}"
    if _SURROGATE.search(text):
        return "contains half of a surrogate pair, which is no character"
    if "\0" in text:
        return f"contains NUL characters; is it no text, or not in {codecs.lookup(encoding).name}?"
    if len(text) > LONGEST:
        return f"{len(text):,} characters; at most {LONGEST:,} are allowed"
    return "" if text.strip() else "empty"
