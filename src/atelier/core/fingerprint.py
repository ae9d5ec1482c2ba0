"""A name for "this very training": the digest of everything that its result depends on."""

import hashlib
import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from atelier.core.environment import versions


def fingerprint(inputs: Mapping[str, Any]) -> str:
    """Digest of parameters and data, of every `atelier` module that is loaded, and of the packages' versions.

    Args:
        inputs: JSON values: parameters, digests of data, the backend's name.

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode())
    digest.update(json.dumps(versions(), sort_keys=True).encode())
    modules = sorted(name for name in sys.modules if name.partition(".")[0] == "atelier")
    for name in modules:
        source = inspect.getsourcefile(sys.modules[name])
        if source is not None:
            digest.update(name.encode() + Path(source).read_bytes())
    return digest.hexdigest()[:16]
