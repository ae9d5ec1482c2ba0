"""Print what pip is told about package indexes, as shell commands that tell uv the same.

uv does not read `pip.conf` or the variables of pip. Without this, a company whose pip asks its own index would see uv
ask the public one. What uv itself is told has precedence: a variable of uv, or an index in its own `uv.toml`.

Usage: eval "$(python uv_settings.py PYTHON)", where PYTHON may have pip; otherwise the interpreter that made this
environment is asked.
"""

import ast
import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

# Option of pip: variable of uv.
VARIABLES = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS"}
INDEX_VARIABLES = {*VARIABLES.values(), "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_CONFIG_FILE"}
INDEX_KEYS = {"index", "index-url", "extra-index-url", "find-links", "no-index"}
# pip's sections and environment, the last of which wins.
SECTIONS = ("global", "install", ":env:")


def pip_settings(pythons: list[str]) -> dict[str, str]:
    """Return the options of `pip install` from the first interpreter that has pip; lists are separated by blanks."""
    for python in pythons:
        try:
            ran = subprocess.run(
                [python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if ran.returncode == 0:
            found = {}
            for line in ran.stdout.splitlines():
                key, _, value = line.partition("=")
                section, _, option = key.rpartition(".")
                if section in SECTIONS:
                    found[section, option] = " ".join(ast.literal_eval(value).split())
            return {option: value for name in SECTIONS for (section, option), value in found.items() if section == name}
    return {}


def uv_is_told() -> bool:
    """Return whether uv has an index of its own, from a variable or from a file of the user or the system."""
    if INDEX_VARIABLES & os.environ.keys():
        return True
    system = (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    directories = [os.environ.get("XDG_CONFIG_HOME") or "~/.config", *system, "/etc"]
    for directory in directories:
        file = Path(directory).expanduser() / "uv" / "uv.toml"
        if file.is_file():
            told = tomllib.loads(file.read_text(encoding="utf-8"))
            if INDEX_KEYS & {*told, *told.get("pip", {})}:
                return True
    return False


def main() -> None:
    told = pip_settings([*sys.argv[1:], sys._base_executable])
    variables = {}
    if not uv_is_told():
        variables = {variable: told[option] for option, variable in VARIABLES.items() if told.get(option)}
        if "UV_FIND_LINKS" in variables:
            variables["UV_FIND_LINKS"] = variables["UV_FIND_LINKS"].replace(" ", ",")
        if "UV_INDEX" in variables and "UV_INDEX_STRATEGY" not in os.environ:
            # Like pip, look for a version in every index. The hashes of the lock decide which file is right.
            variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        if told.get("no-index", "").lower() in ("1", "true", "yes", "on"):
            print("no_index=--no-index")
    if told.get("trusted-host") and "UV_INSECURE_HOST" not in os.environ:
        variables["UV_INSECURE_HOST"] = told["trusted-host"]
    if told.get("cert") and "SSL_CERT_FILE" not in os.environ:
        variables["SSL_CERT_FILE"] = told["cert"]
    if told.get("proxy"):
        variables |= {
            name: told["proxy"]
            for name in ("HTTPS_PROXY", "HTTP_PROXY")
            if not {name, name.lower()} & os.environ.keys()
        }
    for variable, value in variables.items():
        print(f"export {variable}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
