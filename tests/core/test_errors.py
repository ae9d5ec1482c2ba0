"""An error that a person can act on is one line."""

from pathlib import Path

import click
import pytest

from atelier.core.errors import one_line_errors


def test_wrong_value_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATELIER_TRACEBACK", raising=False)
    with pytest.raises(click.ClickException) as caught, one_line_errors():
        raise ValueError("epochs: got 0")
    assert caught.value.format_message() == "epochs: got 0"
    assert caught.value.exit_code == 1


def test_file_error_names_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ATELIER_TRACEBACK", raising=False)
    with pytest.raises(click.ClickException, match=r"nosuch: No such file"), one_line_errors():
        (tmp_path / "nosuch").read_bytes()


def test_traceback_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_TRACEBACK", "1")
    with pytest.raises(ValueError, match="epochs"), one_line_errors():
        raise ValueError("epochs: got 0")


def test_mistake_of_our_own_is_not_hidden() -> None:
    with pytest.raises(KeyError), one_line_errors():
        raise KeyError("ours")
