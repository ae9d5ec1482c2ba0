import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

HERE = Path(__file__).parent
DRAW = runpy.run_path(str(HERE / "make_reference.py"))["draw"]
CASES = json.loads((HERE / "reference.json").read_text(encoding="utf-8"))["cases"]


def load(name):
    case = CASES[name]
    real, generated = DRAW(**case["recipe"])
    first = [real[0, :2], generated[0, :2]]
    assert np.allclose(first, case["first"], rtol=1e-12), "NumPy draws other numbers: run make_reference.py again"
    return SimpleNamespace(real=real, generated=generated, k=case["recipe"]["neighbours"], numbers=case["numbers"])


@pytest.fixture(params=CASES)
def frozen(request):
    """Load a case of `reference.json`: both sets of features, k, and the numbers of other implementations."""
    return load(request.param)


@pytest.fixture(params=[name for name in CASES if "mmd" in CASES[name]["numbers"]])
def frozen_mmd(request):
    """Load a case with a squared MMD: torchmetrics computes it for sides of equal size only."""
    return load(request.param)


@pytest.fixture
def rng():
    return np.random.default_rng(20_240)


@pytest.fixture
def rotation():
    """Draw a rotation in eight dimensions."""
    return np.linalg.qr(np.random.default_rng(8).normal(size=(8, 8)))[0]
