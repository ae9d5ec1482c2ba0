"""Raw files, to be changed by tests."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.fixture
def write(raw: Path) -> Callable[[Mapping[str, bytes]], Path]:
    def write(files: Mapping[str, bytes]) -> Path:
        for name, content in files.items():
            (raw / name).parent.mkdir(parents=True, exist_ok=True)
            (raw / name).write_bytes(content)
        return raw

    return write
