"""Parameters of a dataset of texts in a folder, an archive or a table."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from atelier.params.strict import Strict

MODALITY = "text"


class Prepare(Strict):
    """How texts become tokens.

    Attributes:
        encoding: of the files; any codec of Python. A byte-order mark is skipped.
        text: column, or key, of the text in CSV and JSONL tables; empty for `.txt` files, each of which is a text.
        label: column of the class; empty if `classes` is not ``column``.
        classes: sub-folders are classes, a column names them, or there are none.
        tokenizer: ``word``: lower-case words without punctuation; ``bpe``: sub-words over bytes, which encode any text.
        vocabulary: the largest number of tokens, the three special ones included; ``bpe`` needs one for each byte.
        max_bad: the largest number of texts to drop because they cannot be decoded, are empty or have no label.
        validation, test: shares of these splits, used only for those that have no folder of their own.
        seed: of the hash that assigns the splits in that case, and of the preview.
    """

    encoding: str
    text: str
    label: str
    classes: Literal["folders", "column", "none"]
    tokenizer: Literal["word", "bpe"]
    vocabulary: int = Field(ge=300, le=1_000_000)
    max_bad: int = Field(ge=0)
    validation: float = Field(gt=0, lt=0.5)
    test: float = Field(gt=0, lt=0.5)
    seed: int = Field(ge=0)

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        allowed = "allowed is an encoding that Python knows, such as utf-8, utf-16, latin-1 or cp1252"
        try:
            # Codecs such as base64 do not decode to text; `str.encode` refuses them.
            "".encode(encoding)
        except (LookupError, ValueError):
            raise ValueError(allowed) from None
        return encoding

    @field_validator("classes")
    @classmethod
    def _has_columns(cls, classes: str, info: ValidationInfo) -> str:
        text, label = info.data.get("text", ""), info.data.get("label", "")
        if classes == "column" and not (text and label):
            raise ValueError("classes from a column need the names of two columns: text and label")
        if classes != "column" and label:
            raise ValueError(f"label names the column {label!r}; allowed is classes: column, or an empty label")
        return classes
