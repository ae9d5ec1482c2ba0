"""The digest of code ignores what no interpreter runs, and nothing else; it is the same for all versions of Python."""

import pytest

from atelier.core.code.digest import code_digest

MODULE = '''
"""A module."""

import math  # a comment


class Circle:
    """A circle."""

    def area(self, radius: float) -> float:
        """Return π·r²."""
        text = """first

        # not a comment
        last"""
        return math.pi * radius**2 if text else 0.0
'''


@pytest.mark.parametrize(
    ("old", "new"),
    {
        "comment": ("# a comment", "# another comment"),
        "comment removed": ("  # a comment", ""),
        "comment added": ("        return", "        # why\n        return"),
        "docstring of the module": ('"""A module."""', '"""Another\n\nmodule."""'),
        "docstring of a class": ('"""A circle."""', '"""A round thing."""'),
        "docstring of a function": ('"""Return π·r²."""', '"""Return the area, π·r²."""'),
        "docstring removed": ('        """Return π·r²."""\n', ""),
        "blank lines": ("\n\n\nclass", "\n\n\n\nclass"),
    }.values(),
    ids=lambda value: None,
)
def test_text_that_is_not_run_does_not_change_the_digest(old: str, new: str):
    assert old in MODULE
    assert code_digest(MODULE.replace(old, new)) == code_digest(MODULE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("radius**2", "radius**3"),
        ("# not a comment", "# still not a comment"),
        ("first\n\n", "first\n"),
        ("import math", "import cmath as math"),
        ("def area", "def surface"),
    ],
)
def test_every_change_of_code_changes_the_digest(old: str, new: str):
    assert old in MODULE
    assert code_digest(MODULE.replace(old, new)) != code_digest(MODULE)


def test_hash_sign_within_a_string_is_no_comment():
    assert code_digest("x = '# a'") != code_digest("x = '# b'")
    assert code_digest("x = f'# {1}'") != code_digest("x = f'# {2}'")


def test_string_that_is_no_docstring_counts():
    assert code_digest("x = 1\n'a'") != code_digest("x = 1\n'b'")


def test_digest_is_the_same_in_all_versions_of_python():
    # Computed by Python 3.11, 3.12 and 3.13; a difference would make every stage of another version stale.
    assert code_digest(MODULE) == "69fac26499adf087a3e3ab76b2caa195dddc39ecf1f1d71d50eeebb2fc2d4186"
