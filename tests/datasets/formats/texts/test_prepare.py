"""Texts in files, archives and tables become tokens with splits and labels; what cannot be used is named."""

import csv
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from own_texts import PARAMS, in_folder, short

from atelier.core import files
from atelier.params.file import _dataset
from atelier.params.strict import ParamsError

COLUMN = {"text": "body", "label": "stars", "classes": "column"}


def packed(kind: str, contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in contents.items():
                archive.writestr(f"top/{name}", content)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz" if kind == "tar.gz" else "w") as archive:
            for name, content in contents.items():
                member = tarfile.TarInfo(f"./top/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def outputs(folder: Path) -> dict[str, str]:
    return {path.name: files.sha256(path) for path in sorted(folder.iterdir())}


def table(count: int = 60, **options: Any) -> bytes:
    buffer = io.StringIO(newline="")
    rows = csv.writer(buffer, **options)
    rows.writerow(["id", "body", "stars"])
    for index in range(count):
        rows.writerow([index, f'{short(index)}\nShe said: "yes", and; then no.', index % 3 + 9])
    return buffer.getvalue().encode()


def lines(count: int = 60) -> list[str]:
    return [json.dumps({"body": short(index), "stars": index % 2, "more": [1]}) for index in range(count)]


def all_of(found: dict[str, list[tuple[str, int]]]) -> set[str]:
    return {text for split in found.values() for text, _ in split}


def refusal(prepare, **changed: Any) -> str:
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        prepare(**changed)
    return str(caught.value)


def test_every_file_is_a_text_and_packing_changes_no_byte(write, prepare, texts, raw: Path, tmp_path: Path) -> None:
    contents = in_folder()
    write(contents | {"deep/down/.DS_Store": b"x", "Thumbs.db": b"x"})
    spec = prepare()
    assert (spec.classes, spec.shape, spec.source) == ((), (), "own")
    assert spec.statistics["ignored_system_files"] == 2
    assert all_of(texts()) == {short(index) for index in range(60)}
    assert {label for split in texts().values() for _, label in split} == {0}
    assert [shown["file"] for shown in files.read_json(tmp_path / "out/pictures.json")] == ["lengths.png", "texts.csv"]
    for path in sorted(raw.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    write(contents)
    prepare("plain")
    for kind in ("zip", "tar", "tar.gz"):
        for path in raw.iterdir():
            path.unlink()
        write({f"texts.{kind}": packed(kind, dict(reversed(contents.items())))})
        prepare(kind)
        assert outputs(tmp_path / kind) == outputs(tmp_path / "plain"), kind


def test_folders_are_classes_and_splits(write, prepare, texts) -> None:
    for part, first in (("train", 0), ("Test", 100)):
        for name, more in (("joy", 0), ("grief", 50)):
            write(in_folder(12, f"{part}/{name}/", first + more))
    spec = prepare(classes="folders")
    assert (spec.classes, spec.sizes["test"]) == (("grief", "joy"), 24)
    assert spec.split_rule == "folders for train and test; validation by seeded hash of the words, out of train"
    assert {text for text, _ in texts()["test"]} == {short(100 + i) for i in (*range(12), *range(50, 62))}
    assert {label for _, label in texts()["validation"]} == {0, 1}


def test_equal_texts_stay_together_and_others_keep_their_split(write, prepare, texts) -> None:
    write({f"{index}.txt": short(index // 3).upper().encode() * (1 + index % 1) for index in range(120)})
    spec = prepare()
    assert spec.statistics["equal_to_another_text"] == 80
    before = {split: {text for text, _ in found} for split, found in texts().items()}
    assert sum(map(len, before.values())) == 40
    write(in_folder(30, "more/", 200))
    prepare("later")
    for split, found in texts("later").items():
        assert before[split] <= {text for text, _ in found}


@pytest.mark.parametrize(
    "options", [{}, {"delimiter": ";"}, {"delimiter": "\t", "lineterminator": "\n"}, {"quoting": csv.QUOTE_ALL}]
)
def test_csv_of_any_dialect_gives_texts_and_labels(options: dict[str, Any], write, prepare, texts) -> None:
    write({"Reviews.CSV": table(**options)})
    spec = prepare(**COLUMN)
    assert spec.classes == ("9", "10", "11")
    wanted = {f'{short(i)} She said: "yes", and; then no.': i % 3 for i in range(60)}
    assert {text: label for split in texts().values() for text, label in split} == wanted


def test_jsonl_gives_texts_and_labels(write, prepare, texts, raw: Path) -> None:
    write({"a.jsonl": "\n".join([*lines(), "", ""]).encode()})
    assert prepare(**COLUMN).classes == ("0", "1")
    assert all_of(texts()) == {short(index) for index in range(60)}


@pytest.mark.parametrize("content", [table(), "\n".join(lines()).encode()])
def test_a_table_in_place_of_the_folder_is_read(content: bytes, raw: Path, prepare) -> None:
    raw.write_bytes(content)
    assert sum(prepare(**COLUMN).sizes.values()) == 60


def test_tables_named_as_splits_are_the_splits(write, prepare) -> None:
    write({"train.csv": table(40), "test.csv": table(12)})
    spec = prepare(**COLUMN)
    assert spec.sizes["test"] == 12
    assert spec.statistics["texts_in_two_splits"] > 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "cp1252"])
def test_encodings_give_the_same_bytes(encoding: str, write, prepare, raw: Path, tmp_path: Path) -> None:
    content = {f"{i}.txt": f"Café number {i}. Más naïve – ‘{i}’." for i in range(30)}
    write({name: text.encode() for name, text in content.items()})
    prepare()
    write({name: text.encode(encoding) for name, text in content.items()})
    prepare("other", encoding="utf-8" if encoding.startswith("utf-8") else encoding)
    assert outputs(tmp_path / "other") == outputs(tmp_path / "out")


def test_byte_order_mark_before_a_header_is_skipped(write, prepare) -> None:
    write({"t.csv": b"\xef\xbb\xbfbody,stars\n" + b"".join(b"word %d,%d\n" % (i, i % 2) for i in range(20))})
    assert sum(prepare(**COLUMN).sizes.values()) == 20


def test_files_that_are_no_texts_are_named_and_counted(write, prepare, texts) -> None:
    bad = {"latin.txt": "caf\xe9".encode("latin-1"), "empty.txt": b" \n", "odd.txt": b"!?", "zero.txt": b"a\0b"}
    write(in_folder() | bad | {"notes.md": b"# Notes", "list.csv": b"a,b"})
    message = refusal(prepare, max_bad=5)
    assert message.splitlines()[0] == "6 bad texts; datasets.letters.prepare.max_bad allows 5"
    for expected in (
        "latin.txt: cannot be decoded as utf-8 (byte 3)",
        "empty.txt: empty",
        "odd.txt: has no letters and no digits",
        "zero.txt: contains NUL characters",
        "notes.md: not a .txt file",
        "list.csv: not a .txt file; for a table, text is the name of its column",
    ):
        assert f"\n  {expected}" in message
    spec = prepare(max_bad=6)
    assert len(spec.dropped) == 6
    assert all_of(texts()) == {short(index) for index in range(60)}


def test_bad_rows_of_a_csv_are_named_with_their_line(write, prepare) -> None:
    rows = table(30, lineterminator="\n").decode()
    extra = [
        "",
        "  ",
        'x,"open quote" here,9',
        "1,2",
        "5,,9",
        "6,text,",
        '7,"a\nb",9',
        "8,\udce9t\udce9,9",
        '9,"never closed,9',
    ]
    write({"t.csv": (rows + "\n".join(extra)).encode("utf-8", "surrogateescape")})
    message = refusal(prepare, **COLUMN)
    start = rows.count("\n") + 3
    assert message.splitlines()[0].startswith("6 bad texts")
    for line, why in (
        (start, "not a row of a CSV"),
        (start + 1, "2 cells; the header has 3"),
        (start + 2, "empty"),
        (start + 3, "its label is missing"),
        (start + 6, "cannot be decoded as utf-8"),
        (start + 7, "not a row of a CSV (unexpected end of data)"),
    ):
        assert f"  t.csv: line {line}: {why}" in message
    assert sum(prepare(**COLUMN, max_bad=6).sizes.values()) == 31


def test_bad_lines_of_jsonl_are_named_with_their_number(write, prepare) -> None:
    bad = [
        "{", "[1]", '{"stars": 1}', '{"body": 5, "stars": 1}', '{"body": "a", "stars": null}', "[" * 100_000,
        '{"body": "a", "stars": ' + "9" * 5000 + "}", '{"body": "\\ud800", "stars": 1}',
        '{"body": "a", "stars": {}}', '{"body": "a\\u0000", "stars": 1}',
    ]  # fmt: skip
    write({"t.jsonl": "\n".join([*lines(20), *bad]).encode()})
    message = refusal(prepare, **COLUMN)
    reasons = [
        "not JSON (", "a list; allowed is an object", "no key 'body'; its keys are 'stars'", "'body' is 5;",
        "its label is missing", "not JSON that can be read", "not JSON that can be read",
        "contains half of a surrogate pair",
        "'stars' is an object;", "contains NUL",
    ]  # fmt: skip
    for number, why in enumerate(reasons, start=21):
        assert f"  t.jsonl: line {number}: {why}" in message


def test_huge_fields_are_named(write, prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"t.csv": table(30, lineterminator="\n") + b'1,"' + b"word " * 30_000 + b'",9\n'})
    assert sum(prepare(**COLUMN).sizes.values()) == 31
    from atelier.datasets.formats.texts import tables

    monkeypatch.setattr(tables, "LONGEST", 1000)
    assert "t.csv: line 62: not a row of a CSV (field larger than field limit (1000))" in refusal(prepare, **COLUMN)


@pytest.mark.parametrize(
    "changed, files_, expected",
    [
        ({"text": "txt"}, {"t.csv": b"body,stars\na,1"}, "t.csv: no column 'txt'; its columns are 'body', 'stars'"),
        ({**COLUMN, "label": "x"}, {"t.csv": b"body,stars\na,1"}, "no column 'x'; its columns are 'body', 'stars'"),
        ({"text": "body"}, {"t.csv": b"body,body\na,1"}, "more than one column 'body'"),
        ({"text": "body"}, {"t.csv": b"\x1f\x8b\x08"}, "t.csv: cannot be decoded as utf-8 (byte 1)"),
        ({"text": "body"}, {"t.csv": b""}, "no column 'body'; its columns are none"),
        ({"text": "body"}, {"a.txt": b"a"}, "not one of .csv, .tsv, .jsonl, .ndjson, .json; for texts in files"),
        ({"text": "body"}, {"t.csv": b"body\n"}, "raw: contains no texts"),
        ({}, {}, "raw: contains no texts"),
        ({}, in_folder(2), "raw: 2 different texts; at least 3 are needed, one for each split"),
        ({"classes": "folders"}, in_folder(9, "a/"), "classes: folders needs texts in at least 2 folders, found none"),
        ({"classes": "folders"}, in_folder(9, "a/") | in_folder(2, "b/"), "class 'b': 2 different texts; at least 3"),
        (COLUMN, {"t.csv": b"body,stars\n" + b"".join(b"a%d,%d\n" % (i, i) for i in range(300))}, "has 300 values"),
        (COLUMN, {"t.csv": b"body,stars\n" + b"".join(b"a%d,1\n" % i for i in range(9))}, "classes: column needs at"),
        ({}, in_folder(9, "train/") | in_folder(9, "val/") | in_folder(3, "x/"), "are splits, but beside them is 'x'"),
        ({}, in_folder(9, "train/") | in_folder(9, "val/") | in_folder(1), "0.txt: outside of the folders of the sp"),
        ({}, {"a.zip": b"PK\x03\x04"}, "not a complete archive"),
    ],
)  # fmt: skip
def test_what_cannot_be_prepared_is_one_message(
    changed: dict[str, Any], files_: dict[str, bytes], expected: str, write, prepare, raw: Path
) -> None:
    raw.mkdir()
    write(files_)
    assert expected in refusal(prepare, **changed)


def test_missing_texts_say_how_to_bring_them(prepare, raw: Path) -> None:
    assert "is missing; put your texts there and run `dvc add" in refusal(prepare)
    raw.with_name("raw.dvc").touch()
    assert "fetch it with: dvc pull" in refusal(prepare)


@pytest.mark.parametrize(
    "changed, expected",
    [
        ({"encoding": "latin-99"}, "prepare.encoding: got 'latin-99'; allowed is an encoding that Python knows"),
        ({"encoding": "base64"}, "prepare.encoding: got 'base64'; allowed is an encoding that Python knows"),
        ({"classes": "column"}, "prepare.classes: got 'column'; classes from a column need the names of two columns"),
        ({"label": "stars"}, "prepare.classes: got 'none'; label names the column 'stars'"),
        ({"classes": "table"}, "prepare.classes: got 'table'; allowed is one of: folders, column, none"),
    ],
)
def test_wrong_parameters_are_one_line(changed: dict[str, Any], expected: str) -> None:
    prepare = PARAMS.model_dump() | changed
    with pytest.raises(ParamsError) as caught:
        _dataset("datasets.letters", {"kind": "text_files", "prepare": prepare})
    assert str(caught.value).startswith(f"datasets.letters.{expected}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("tokenizer", ["word", "bpe"])
def test_statistics_and_bytes_are_the_same_each_time(tokenizer: str, write, prepare, tmp_path: Path) -> None:
    write(in_folder())
    spec = prepare(tokenizer=tokenizer)
    assert spec.statistics["words_median"] == 9
    assert spec.statistics["oov_rate_train"] == 0
    prepare("again", tokenizer=tokenizer)
    assert outputs(tmp_path / "again") == outputs(tmp_path / "out")
