"""Every dataset has a source and, if it can be downloaded, an offline twin; every format has its schemas."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module

import packages
import pytest

from atelier.core import lookup
from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.protocol import Source, Twin
from atelier.params.strict import Strict

DOWNLOADED = lookup.names("datasets", "twin")
every = pytest.mark.parametrize("name", packages.names())


def parameters(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_known_datasets_are_found() -> None:
    assert {"celeba", "fashion_mnist", "imdb", "mnist"} <= set(packages.names())


@every
def test_source_has_the_function_of_the_contract(name: str) -> None:
    source = import_module(f"atelier.datasets.{name}.source")
    assert parameters(source.prepare) == parameters(Source.prepare)[1:]


@pytest.mark.parametrize("name", DOWNLOADED)
def test_source_of_a_download_lists_its_files_and_its_twin_writes_them(name: str) -> None:
    source, twin = (import_module(f"atelier.datasets.{name}.{module}") for module in ("source", "twin.write"))
    assert all(isinstance(file, RemoteFile) for file in source.FILES)
    assert parameters(twin.write)[:2] == parameters(Twin.write)[1:]


@every
def test_format_has_schemas_and_a_modality(name: str) -> None:
    params = import_module(f"atelier.datasets.formats.{import_module(f'atelier.datasets.{name}').FORMAT}.params")
    assert params.MODALITY in ("images", "text")
    assert (name in DOWNLOADED) == hasattr(params, "Embedded")
    assert name not in DOWNLOADED or issubclass(params.Embedded, Strict)
    assert issubclass(params.Prepare, Strict)


def test_packages_import_nothing() -> None:
    imports = "; ".join(
        f"import atelier.datasets.{name}{'.twin' if name in DOWNLOADED else ''}" for name in packages.names()
    )
    code = f"{imports}; import sys; print(*sorted(m for m in sys.modules if m.startswith('atelier')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    expected = [f"atelier.datasets.{name}" for name in packages.names()]
    expected += [f"atelier.datasets.{name}.twin" for name in DOWNLOADED]
    always = ["atelier", "atelier.core", "atelier.core.keras_settings", "atelier.datasets"]
    assert sorted(loaded.stdout.split()) == sorted([*always, *expected])
