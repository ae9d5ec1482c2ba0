"""Modules are found by the name that `params.yaml` gives them."""

import pytest

from atelier.core import lookup


def test_module_is_found_by_its_name() -> None:
    assert lookup.module("core.params.families", "vae").__name__ == "atelier.core.params.families.vae"


def test_dots_lead_into_sub_packages() -> None:
    assert lookup.module("core", "params.families.vae").__name__ == "atelier.core.params.families.vae"


def test_unknown_name_in_a_sub_package_is_answered_with_those_known_there() -> None:
    with pytest.raises(ValueError, match=r"no 'nosuch' in atelier\.core\.params\.families; known are: .*vae"):
        lookup.module("core.params", "families.nosuch")


def test_names_are_modules_without_packages_and_private_ones() -> None:
    assert "strict" in lookup.names("core.params")
    assert "families" not in lookup.names("core.params")
    assert not [name for name in lookup.names("core.params") if name.startswith("_")]


@pytest.mark.parametrize("name", ["nosuch", "", "strict.Strict", "..files", "families", "families.", "__init__"])
def test_unknown_name_is_answered_with_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match=r"in atelier\.core\.params; known are: .*strict"):
        lookup.module("core.params", name)


def test_every_dataset_and_every_family_with_parameters_has_its_module() -> None:
    assert set(lookup.names("core.params.datasets")) == set(lookup.names("datasets"))
    assert set(lookup.names("core.params.families")) <= set(lookup.names("models"))
