"""`make setup` on the machines that people have: odd paths, worktrees, Git and pip with settings of their own."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT, Checkout
from configobj import ConfigObj

SETTINGS = ROOT / "requirements" / "uv_settings.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A repository that was set up, in a directory whose name is hard to quote."""
    made = Checkout(tmp_path / "o'brien's #1, \"x\"")
    shutil.copy(ROOT / ".gitattributes", made.root)
    made.git("init", "-qb", "main")
    made.make("setup")
    return made


def test_dvc_can_read_the_git_configuration_that_setup_writes(checkout: Checkout):
    """DVC reads it with ConfigObj for `dvc exp run --temp` and `--queue`."""
    sections = ConfigObj(str(checkout.root / ".git/config"), list_values=False)
    assert {'merge "dvc-lock"', 'merge "dvc-metrics"'} <= set(sections)


def test_git_merges_with_the_driver_in_a_directory_with_quotes_in_its_name(checkout: Checkout):
    (checkout.root / ".venv/bin/atelier").write_text('#!/bin/sh\necho "$1" >"$3"\n')
    (checkout.root / ".venv/bin/atelier").chmod(0o755)
    checkout.write("dvc.lock", "base\n")
    checkout.commit("base")
    for branch in ("theirs", "ours"):
        checkout.git("checkout", "-qb", branch, "main")
        checkout.write("dvc.lock", f"{branch}\n")
        checkout.commit(branch)
    checkout.git("merge", "-q", "--no-edit", "theirs")
    assert checkout.read("dvc.lock") == "merge-lock\n"


def test_setup_in_a_worktree_keeps_the_merge_drivers_of_the_main_checkout(checkout: Checkout, tmp_path: Path):
    checkout.commit("base")
    before = checkout.git("config", "--get-regexp", "^merge")
    checkout.git("worktree", "add", "-q", str(tmp_path / "worktree"))
    Checkout(tmp_path / "worktree").make("setup")
    assert checkout.git("config", "--get-regexp", "^merge") == before
    checkout.git("config", "--remove-section", "merge.dvc-lock")
    Checkout(tmp_path / "worktree").make("setup")
    assert str(tmp_path / "worktree") in checkout.git("config", "merge.dvc-lock.driver")


def test_a_clone_with_converted_line_ends_has_the_same_bytes(tmp_path: Path):
    """DVC hashes files as they are: with other line ends every stage would be stale."""
    texts = [".gitattributes", "dvc.lock", "dvc.yaml", "params.yaml", "metrics.json", "requirements/cpu.txt"]
    texts += [str(path.relative_to(ROOT)) for path in (ROOT / "src/atelier/report").rglob("*") if path.is_file()]
    original = Checkout(tmp_path / "original")
    for name in texts:
        if "__pycache__" not in name:
            original.write(name, (ROOT / name).read_text())
    original.git("init", "-qb", "main")
    original.commit("all")
    original.git("clone", "-q", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", ".", str(tmp_path / "clone"))
    for name in original.git("ls-files").splitlines():
        assert (tmp_path / "clone" / name).read_bytes() == (ROOT / name).read_bytes(), name


def handed_on(tmp_path: Path, **environment: str) -> dict[str, str]:
    """Return what uv is told, with these variables and `pip.conf` in the home directory."""
    surroundings = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "XDG_CONFIG_DIRS": str(tmp_path / "no"),
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
    }
    printed = subprocess.run(
        [sys.executable, str(SETTINGS)], capture_output=True, text=True, check=True, env=surroundings | environment
    ).stdout
    return dict(word.split("=", 1) for word in shlex.split(printed) if word != "export")


def test_uv_asks_the_index_that_pip_is_told_of(tmp_path: Path):
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://one.example/simple\ncert = /etc/company.pem\ntrusted-host = one.example\n"
        "[install]\nextra-index-url =\n    https://two.example/simple\n    https://three.example/simple\n"
    )
    assert handed_on(tmp_path) == {
        "UV_DEFAULT_INDEX": "https://one.example/simple",
        "UV_INDEX": "https://two.example/simple https://three.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_INSECURE_HOST": "one.example",
        "SSL_CERT_FILE": "/etc/company.pem",
    }
    by_variable = handed_on(tmp_path, PIP_INDEX_URL="https://me:a'b@four.example/simple", PIP_CERT="/other.pem")
    assert by_variable["UV_DEFAULT_INDEX"] == "https://me:a'b@four.example/simple"
    assert by_variable["SSL_CERT_FILE"] == "/other.pem"


def test_uv_that_is_told_itself_keeps_its_index(tmp_path: Path):
    company = {"PIP_INDEX_URL": "https://one.example/simple", "PIP_CERT": "/etc/company.pem"}
    assert handed_on(tmp_path, **company, UV_INDEX_URL="https://two.example/simple", SSL_CERT_FILE="/mine.pem") == {}
    (tmp_path / ".config/uv").mkdir(parents=True)
    (tmp_path / ".config/uv/uv.toml").write_text('[[index]]\nurl = "https://two.example/simple"\ndefault = true\n')
    assert handed_on(tmp_path, **company) == {"SSL_CERT_FILE": "/etc/company.pem"}


def test_pip_without_settings_changes_nothing(tmp_path: Path):
    assert handed_on(tmp_path, PIP_CONFIG_FILE=os.devnull) == {}


def test_make_setup_hands_the_index_of_pip_to_uv(tmp_path: Path):
    checkout = Checkout(tmp_path / "checkout", PIP_INDEX_URL="https://one.example/simple", PIP_NO_INDEX="1")
    for name in ("Makefile", "pyproject.toml", "requirements"):
        (checkout.root / name).symlink_to(ROOT / name)
    checkout.write("bin/uv", '#!/bin/sh\n[ "$1" = --version ] || { echo "$UV_DEFAULT_INDEX $*" >uv.log; exit 1; }\n')
    (checkout.root / "bin/uv").chmod(0o755)
    checkout.environment["PATH"] = f"{checkout.root}/bin:{checkout.environment['PATH']}"
    checkout.run("make", "setup", f"PYTHON={sys.executable}", status=2)
    assert checkout.read("uv.log").startswith("https://one.example/simple pip sync --no-index ")
