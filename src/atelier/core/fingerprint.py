"""A name for "this very training": the digest of everything that its result depends on."""

import hashlib
import inspect
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any


def fingerprint(inputs: Mapping[str, Any], packages: tuple[str, ...] = ("keras", "numpy")) -> str:
    """Digest of parameters and data, of every `atelier` module that is loaded, and of the packages' versions.

    Args:
        inputs: JSON values: parameters, digests of data, the backend's name.
        packages: distributions whose version decides numbers.

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode())
    for name in packages:
        digest.update(f"{name}=={version(name)}".encode())
    modules = sorted(name for name in sys.modules if name.partition(".")[0] == "atelier")
    for name in modules:
        source = inspect.getsourcefile(sys.modules[name])
        if source is not None:
            digest.update(name.encode() + Path(source).read_bytes())
    return digest.hexdigest()[:16]
