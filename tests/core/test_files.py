"""Files appear complete or not at all."""

import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from atelier.core import files


class Interrupted(Exception):
    pass


def test_interrupted_write_leaves_only_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(Interrupted), files.atomic(path) as temporary:
        temporary.write_text("half")
        raise Interrupted
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_interrupted_first_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Interrupted), files.atomic(tmp_path / "deep" / "a.npy") as temporary:
        assert temporary.suffix == ".npy"
        raise Interrupted
    assert os.listdir(tmp_path / "deep") == []


def test_interrupted_directory_leaves_only_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with files.atomic_directory(path) as temporary:
        (temporary / "old").touch()
    with pytest.raises(Interrupted), files.atomic_directory(path) as temporary:
        (temporary / "half").touch()
        raise Interrupted
    assert [p.relative_to(tmp_path) for p in sorted(tmp_path.rglob("*"))] == [Path("out"), Path("out/old")]


def test_directory_is_replaced_as_a_whole(tmp_path: Path) -> None:
    for name in ("first", "second"):
        with files.atomic_directory(tmp_path / "out") as temporary:
            (temporary / name).touch()
    assert os.listdir(tmp_path / "out") == ["second"]


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        files.write_text(tmp_path / "a.txt", "a")
        with files.atomic_directory(tmp_path / "out"):
            pass
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o750


def test_equal_values_give_equal_json_bytes(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"b": 1, "a": {"d": 2, "c": "é"}})
    files.write_json(tmp_path / "b.json", {"a": {"c": "é", "d": 2}, "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert files.read_json(tmp_path / "a.json") == {"a": {"c": "é", "d": 2}, "b": 1}


def test_nan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "a.json", {"fd": float("nan")})
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""])
def test_file_that_is_not_json_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.json is not JSON"):
        files.read_json(tmp_path / "a.json")


def test_array_is_read_back_unchanged(tmp_path: Path) -> None:
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)[:, ::2]
    files.write_array(tmp_path / "a.npy", array)
    back = np.load(tmp_path / "a.npy", allow_pickle=False)
    assert back.dtype == np.uint8
    assert np.array_equal(back, array)


def test_array_of_objects_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Object arrays"):
        files.write_array(tmp_path / "a.npy", np.array([{}]))


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert files.sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_json_ends_with_a_newline(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", [1])
    assert (tmp_path / "a.json").read_text().endswith("]\n")
    assert json.loads((tmp_path / "a.json").read_text()) == [1]
