"""Generative deep learning from raw data to measured models, as a DVC pipeline."""

import importlib
import sys
from contextlib import suppress
from pathlib import Path

# A script's directory comes first on the path, where stages/code.py would hide the standard library's `code`.
if Path(sys.path[0]).name == "stages":
    del sys.path[0]


def _checkout() -> Path | None:
    """Find the checkout whose code has to run: that of the stage's script, or the one a command is called in."""
    # The current directory may have been removed.
    with suppress(FileNotFoundError):
        script = Path(getattr(sys.modules["__main__"], "__file__", None) or "").resolve()
        if script.parent.name == "stages":
            return script.parents[1]
        places = [Path.cwd(), *Path.cwd().parents] if script.name == "atelier" else []
        return next((place for place in places if (place / "params.yaml").is_file()), None)
    return None


# In the temporary workspaces of `dvc exp run` and in worktrees, the installed package is that of another checkout.
# Results would be recorded under a hash of code that did not compute them, so the checkout's own package replaces it.
_source = (_checkout() or Path("/")) / "src"
if (_source / "atelier/__init__.py").is_file() and _source != Path(__file__).resolve().parents[1]:
    sys.path.insert(0, str(_source))
    del sys.modules["atelier"]
    importlib.import_module("atelier")
else:
    from atelier.core import keras_settings

    keras_settings.install()
