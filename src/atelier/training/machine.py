"""A description of the machine that trained a network, for information: no stage depends on it."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import keras

FILE = "machine.json"


def describe() -> dict[str, object]:
    """Describe backend, cores, GPUs (name, memory and driver of NVIDIA's), processor, Python and system."""
    backend = keras.backend.backend()
    return {
        "backend": f"{backend} {__import__(backend).__version__}",
        "cores": os.cpu_count(),
        "gpus": _gpus(),
        "processor": _processor(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _processor() -> str:
    table = Path("/proc/cpuinfo")
    lines = table.read_text(encoding="utf-8").splitlines() if table.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _gpus() -> list[str]:
    if shutil.which("nvidia-smi") is None:
        return []
    command = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return ran.stdout.splitlines() if ran.returncode == 0 else []
