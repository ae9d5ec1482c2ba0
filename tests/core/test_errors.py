"""Errors that a user can act on are one line."""

from pathlib import Path

import click
import pytest

from atelier.core.errors import one_line_errors


def test_value_error_becomes_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATELIER_TRACEBACK", raising=False)
    with pytest.raises(click.ClickException) as caught, one_line_errors():
        raise ValueError("epochs: got 0")
    assert caught.value.format_message() == "epochs: got 0"
    assert caught.value.exit_code == 1


def test_file_error_names_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ATELIER_TRACEBACK", raising=False)
    with pytest.raises(click.ClickException, match=r"nosuch: No such file"), one_line_errors():
        (tmp_path / "nosuch").read_bytes()


def test_environment_variable_keeps_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_TRACEBACK", "1")
    with pytest.raises(ValueError, match="epochs"), one_line_errors():
        raise ValueError("epochs: got 0")


def test_other_exceptions_pass() -> None:
    with pytest.raises(KeyError), one_line_errors():
        raise KeyError("bug")


def test_error_without_a_message_is_named_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATELIER_TRACEBACK", raising=False)
    with pytest.raises(click.ClickException) as caught, one_line_errors():
        raise ValueError
    assert caught.value.format_message() == "ValueError"
