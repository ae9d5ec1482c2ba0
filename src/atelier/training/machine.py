"""A description of the machine that trained or evaluated a network, for information: no result depends on it."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import keras

FILE = "machine.json"
# Variables that choose how numbers are computed: their last digits differ.
VARIABLES = re.compile(
    r"OPENBLAS_(CORETYPE|NUM_THREADS)|(OMP|MKL|NUMEXPR|BLIS)_NUM_THREADS|MKL_(CBWR|ENABLE_INSTRUCTIONS)"
    r"|NPY_(EN|DIS)ABLE_CPU_FEATURES|(ONEDNN|DNNL)_MAX_CPU_ISA|(ONEDNN|DNNL)_DEFAULT_FPMATH_MODE"
    r"|TF_(ENABLE_ONEDNN_OPTS|XLA_FLAGS|NUM_INT(RA|ER)OP_THREADS|ENABLE_TENSOR_FLOAT_32|USE_CUDNN_AUTOTUNE)"
    r"|TF_(CUDNN_)?DETERMINISTIC(_OPS)?|XLA_FLAGS|NVIDIA_TF32_OVERRIDE|CUBLAS_WORKSPACE_CONFIG"
    r"|JAX_(ENABLE_X64|DEFAULT_MATMUL_PRECISION|DEFAULT_PRNG_IMPL|DISABLE_JIT|PLATFORMS)"
)


def describe() -> dict[str, object]:
    """Describe backend, cores, GPUs (name, memory and driver of NVIDIA's), processor, Python, system and variables."""
    backend = keras.backend.backend()
    return {
        "backend": f"{backend} {__import__(backend).__version__}",
        "cores": os.cpu_count(),
        "gpus": _gpus(),
        "processor": _processor(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "variables": {name: value for name, value in sorted(os.environ.items()) if VARIABLES.fullmatch(name)},
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
