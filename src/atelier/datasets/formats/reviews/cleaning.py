"""From a review as it was typed into a web page to plain text on one line."""

import re
import unicodedata

_BREAK = re.compile(r"<\s*/?\s*br\s*/?\s*>", re.IGNORECASE)
# Windows-1252 that was taken for Latin-1 came out as controls; browsers read them so as well.
_WINDOWS = {code: text for code in range(0x80, 0xA0) if (text := bytes([code]).decode("cp1252", "ignore"))}


def clean(text: str) -> str:
    """Take out line breaks, as markup too, control and invisible characters; compose accents (NFC).

    Other markup is what somebody wrote, and stays.

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
    match unicodedata.category(character):
        case "Cc":
            return " "
        case "Cf":  # zero-width marks, soft hyphens, changes of the direction
            return ""
        case _:
            return character
