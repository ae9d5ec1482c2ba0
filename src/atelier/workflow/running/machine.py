"""The cores, the memory and the GPUs of this machine."""

import os
import shutil
import subprocess
from pathlib import Path


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> float:
    """Return the memory in GB: the machine's, or the limit of the process's control group if that is less."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit_file = Path("/sys/fs/cgroup/memory.max")
    limit = limit_file.read_text(encoding="ascii").strip() if limit_file.is_file() else "max"
    return min(installed, installed if limit == "max" else int(limit)) / 1e9


def gpus(count: int | None = None) -> list[str]:
    """Return the names of the first `count` GPUs, or of all, as `CUDA_VISIBLE_DEVICES` takes them."""
    visible = _visible_gpus()
    if count is not None and count > len(visible):
        raise ValueError(f"--gpus: got {count}; this machine has {len(visible)}")
    return visible[:count]


def _visible_gpus() -> list[str]:
    """Return the GPUs in `CUDA_VISIBLE_DEVICES` if it is set, else those that `nvidia-smi` lists."""
    listed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if listed is not None:
        return [name.strip() for name in listed.split(",") if name.strip() not in ("", "-1")]
    if shutil.which("nvidia-smi") is None:
        return []
    done = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=False)
    count = len(done.stdout.splitlines()) if done.returncode == 0 else 0
    return [str(index) for index in range(count)]
