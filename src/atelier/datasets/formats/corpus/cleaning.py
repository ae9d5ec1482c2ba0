"""Convert a text that was typed into a web page to plain text on one line."""

import re
import unicodedata

_BREAK = re.compile(r"<\s*/?\s*br\s*/?\s*>", re.IGNORECASE)
# Windows-1252 that was read as Latin-1 became control characters; browsers interpret them in the same way.
_WINDOWS = {code: text for code in range(0x80, 0xA0) if (text := bytes([code]).decode("cp1252", "ignore"))}


def clean(text: str) -> str:
    """Remove line breaks (also ``<br>``), control and invisible characters, and compose accents (NFC).

    Other markup is part of what the author wrote and stays.

    >>> clean("Good.<br /><br />Not\\tgreat, bu\\u0308t &lt;b&gt; <b>fun</b>\\u200b!")
    'Good. Not great, büt &lt;b&gt; <b>fun</b>!'
    """
    if "<" in text:
        text = _BREAK.sub(" ", text)
    text = " ".join(text.translate(_WINDOWS).split()) if not text.isascii() else " ".join(text.split())
    if not text.isprintable():
        text = " ".join("".join(map(_visible, text)).split())
    return unicodedata.normalize("NFC", text)


def _visible(character: str) -> str:
    # Cc: control characters. Cf: zero-width characters, soft hyphens, changes of direction.
    return {"Cc": " ", "Cf": ""}.get(unicodedata.category(character), character)
