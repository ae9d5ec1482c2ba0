"""The manifest of a stage: every file of code that can change its result, with the digest of its code.

The stage `code` writes the manifests, and every other stage depends on its own. DVC therefore runs a stage again if an
edit can change its result, but not if only a comment or a docstring changed.
"""

import re
import sys
from functools import cache
from pathlib import Path

import atelier
from atelier.core import files
from atelier.core.code.digest import code_digest

Manifest = dict[str, str]

# Modules that change no result, each with the reason; no manifest contains them. Keep the list short.
RESULT_FREE = {
    "atelier.core.errors",  # prints an error as one line
    "atelier.core.quiet",  # hides log lines
    "atelier.core.recordable",  # refuses places for outputs
    "atelier.core.similar",  # suggests a name in an error
    "atelier.core.terminal",  # prepares the standard streams
    "atelier.core.code.digest",  # computes manifests, which are compared but never used
    "atelier.core.code.manifest",  # compares manifests
    "atelier.datasets.download.display",  # shows the progress of a download
    "atelier.training.display",  # shows the progress of a training
    "atelier.training.machine",  # describes the machine in machine.json, which decides no number
}
# Schemas of sections that a stage checks but does not use: they can stop it, never change its result.
CHECKED_ONLY = re.compile(r"src/atelier/((.+/)?params|params/training|datasets/\w+/__init__)\.py")
_PACKAGE = Path(atelier.__file__).parent


def check(path: Path) -> None:
    """Compare a manifest with the code that this process has loaded.

    Raises:
        ValueError: they differ, or there is no manifest; the message names the files.
    """
    if not path.is_file():
        raise ValueError(f"{path} is missing; `dvc repro` writes it before it runs a stage")
    expected = files.read_record(path)
    differing = sorted(name for name, file in loaded().items() if _differs(name, file, expected.get(name)))
    if differing:
        raise ValueError(
            f"{', '.join(differing)}: the code differs from {path}; run `dvc repro` without --single-item, "
            "and do not edit code while a stage runs"
        )


def _differs(name: str, file: Path, expected: str | None) -> bool:
    if expected is None:
        module = "atelier." + name.removeprefix("src/atelier/").removesuffix(".py").replace("/", ".")
        return not (module in RESULT_FREE or CHECKED_ONLY.fullmatch(name))
    return not file.is_file() or _digest(file, file.stat().st_mtime_ns, file.stat().st_size) != expected


@cache
def _digest(file: Path, modified: int, size: int) -> str:
    """Compute the digest of a file's code; the check after a stage's work reuses those of unchanged files."""
    return code_digest(file.read_text(encoding="utf-8"))


def loaded() -> dict[str, Path]:
    """Find the loaded stage script and the loaded non-empty files of this package, by their names in manifests."""
    found = {}
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script and Path(script).parent.name == "stages":
        found[f"stages/{Path(script).name}"] = Path(script)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] == "atelier" and file:
            path = Path(file)
            if not path.is_file() or path.stat().st_size:
                found[f"src/atelier/{path.relative_to(_PACKAGE).as_posix()}"] = path
    return found
