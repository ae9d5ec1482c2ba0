"""Compute reference values with other implementations, which are not dependencies, and write `reference.json`.

Run it in a separate environment::

    uv venv /tmp/reference && uv pip install -p /tmp/reference prdc==0.2 torchmetrics==1.9.0 torch==2.13.0 numpy==2.4.6
    /tmp/reference/bin/python tests/metrics/make_reference.py
"""

import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
RECIPES = {
    "gaussian": dict(seed=1, real=400, generated=400, features=8, scale=1.1, shift=0.2, relu=False, neighbours=5),
    "rectified": dict(seed=2, real=500, generated=500, features=16, scale=0.8, shift=0.1, relu=True, neighbours=3),
    "unequal": dict(seed=3, real=350, generated=200, features=5, scale=1.5, shift=-0.3, relu=False, neighbours=4),
    "rank-deficient": dict(seed=4, real=24, generated=24, features=40, scale=0.9, shift=0.1, relu=False, neighbours=2),
}


def draw(*, seed, real, generated, features, scale, shift, relu, **_):
    """Draw standard normal real rows, and scaled and shifted generated rows; `relu` sets negative values to zero."""
    x = np.random.default_rng([seed, 0]).normal(size=(real, features))
    y = np.random.default_rng([seed, 1]).normal(size=(generated, features)) * scale + shift
    return (np.maximum(x, 0), np.maximum(y, 0)) if relu else (x, y)


def main():
    torch, prdc = import_module("torch"), import_module("prdc")
    fid, kid = import_module("torchmetrics.image.fid"), import_module("torchmetrics.image.kid")
    cases = {}
    for name, recipe in RECIPES.items():
        x, y = draw(**recipe)
        moments = [torch.from_numpy(part) for rows in (x, y) for part in (rows.mean(axis=0), np.cov(rows.T))]
        numbers = {key: float(value) for key, value in prdc.compute_prdc(x, y, recipe["neighbours"]).items()}
        numbers["fd"] = float(fid._compute_fid(*moments))
        if len(x) == len(y):  # torchmetrics computes KID for sides of equal size only
            numbers["mmd"] = float(kid.poly_mmd(torch.from_numpy(x), torch.from_numpy(y)))
        cases[name] = {"recipe": recipe, "first": [x[0, :2].tolist(), y[0, :2].tolist()], "numbers": numbers}
    made_with = {package: version(package) for package in ("numpy", "prdc", "scikit-learn", "torch", "torchmetrics")}
    sources = {
        "precision, recall, density, coverage": "prdc.compute_prdc",
        "fd": "torchmetrics.image.fid._compute_fid on numpy means and covariances, float64",
        "mmd": "torchmetrics.image.kid.poly_mmd, float64",
    }
    frozen = {"made_by": "tests/metrics/make_reference.py", "made_with": made_with, "sources": sources, "cases": cases}
    (HERE / "reference.json").write_text(json.dumps(frozen, indent=2) + "\n")


if __name__ == "__main__":
    main()
