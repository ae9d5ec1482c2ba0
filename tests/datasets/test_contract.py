"""Every dataset has a source and an offline twin, and every format its schemas."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module

import packages
import pytest

from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.protocol import Source, Twin
from atelier.params.strict import Strict

every = pytest.mark.parametrize("name", packages.names())


def parameters(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_known_datasets_are_found() -> None:
    assert {"celeba", "fashion_mnist", "imdb", "mnist"} <= set(packages.names())


@every
def test_source_and_twin_have_the_functions_of_the_contract(name: str) -> None:
    source, twin = (import_module(f"atelier.datasets.{name}.{module}") for module in ("source", "twin.write"))
    assert all(isinstance(file, RemoteFile) for file in source.FILES)
    assert parameters(source.prepare) == parameters(Source.prepare)[1:]
    assert parameters(twin.write)[:2] == parameters(Twin.write)[1:]


@every
def test_format_has_schemas_and_a_modality(name: str) -> None:
    params = import_module(f"atelier.datasets.formats.{import_module(f'atelier.datasets.{name}').FORMAT}.params")
    assert params.MODALITY in ("images", "text")
    assert issubclass(params.Embedded, Strict)
    assert issubclass(params.Prepare, Strict)


def test_packages_import_nothing() -> None:
    imports = "; ".join(f"import atelier.datasets.{name}.twin" for name in packages.names())
    code = f"{imports}; import sys; print(*sorted(m for m in sys.modules if m.startswith('atelier')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    expected = [f"atelier.datasets.{name}{part}" for name in packages.names() for part in ("", ".twin")]
    always = ["atelier", "atelier.core", "atelier.core.keras_settings", "atelier.datasets"]
    assert sorted(loaded.stdout.split()) == sorted([*always, *expected])
