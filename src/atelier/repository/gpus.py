"""The GPUs of this machine, by the names that `CUDA_VISIBLE_DEVICES` takes."""

import os
import shutil
import subprocess


def visible() -> list[str]:
    """Those that `CUDA_VISIBLE_DEVICES` leaves, else those that `nvidia-smi` lists; empty where there is none."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip() not in ("", "-1")]
    if shutil.which("nvidia-smi") is None:
        return []
    asked = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=False)
    count = len(asked.stdout.splitlines()) if asked.returncode == 0 else 0
    return [str(index) for index in range(count)]


def first(count: int | None) -> list[str]:
    """So many of them; all where `count` is None.

    Raises:
        ValueError: there are fewer.
    """
    there = visible()
    if count is not None and count > len(there):
        raise ValueError(f"--gpus: got {count}; this machine has {len(there)}")
    return there[:count]
