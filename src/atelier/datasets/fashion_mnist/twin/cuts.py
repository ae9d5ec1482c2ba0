"""The distributions of the measures of the five kinds of tops, which overlap as real ones do."""

from dataclasses import replace

import numpy as np

from atelier.datasets.fashion_mnist.twin.fabric import pick
from atelier.datasets.fashion_mnist.twin.tops import Arms, Cut

Prints = dict[str, float]


def t_shirt(rng: np.random.Generator) -> tuple[Cut, Prints]:
    kind = pick(rng, {"short": 8, "none": 1, "long": 1})
    chest = rng.uniform(0.21, 0.27)
    cut = Cut(
        neck=rng.uniform(0.08, 0.14),
        shoulder=chest + (rng.uniform(-0.05, -0.02) if kind == "none" else rng.uniform(0, 0.025)),
        chest=chest,
        waist=chest * rng.uniform(0.9, 1),
        hem=chest * rng.uniform(0.95, 1.1),
        armpit=rng.uniform(0.28, 0.35),
        waistline=0.62,
        length=rng.uniform(0.9, 0.99),
        arms=_arms(rng, kind),
        collar=pick(rng, {"crew": 6, "vee": 2, "wide": 2, "point": 0.7}),
        opening=pick(rng, {"closed": 9, "placket": 1}),
        motif=rng.random() < 0.25,
    )
    return cut, {"plain": 12, "hoops": 2, "blocks": 1, "flowers": 1, "faded": 2, "pinstripes": 0.5}


def pullover(rng: np.random.Generator) -> tuple[Cut, Prints]:
    chest = rng.uniform(0.19, 0.24)
    cut = Cut(
        neck=rng.uniform(0.08, 0.13),
        shoulder=chest + rng.uniform(0.02, 0.05),
        chest=chest,
        waist=chest * rng.uniform(0.92, 1),
        hem=chest * rng.uniform(0.9, 1.04),
        armpit=rng.uniform(0.3, 0.37),
        waistline=0.64,
        length=rng.uniform(0.88, 0.98),
        arms=_arms(rng, "long"),
        collar=pick(rng, {"crew": 5, "vee": 2, "wide": 1, "roll": 1.5, "hood": 1.5}),
        opening=pick(rng, {"closed": 14, "placket": 1}),
        band=rng.random() < 0.65,
        motif=rng.random() < 0.15,
    )
    return cut, {"plain": 10, "hoops": 2.5, "blocks": 1, "flowers": 0.7, "faded": 3, "dots": 0.5}


def dress(rng: np.random.Generator) -> tuple[Cut, Prints]:
    chest = rng.uniform(0.115, 0.17)
    kind = pick(rng, {"none": 5, "short": 3, "long": 2})
    arms = _arms(rng, kind)
    cut = Cut(
        neck=rng.uniform(0.05, 0.085),
        shoulder=chest - rng.uniform(0.0, 0.03),
        chest=chest,
        waist=chest * rng.uniform(0.7, 1),
        hem=chest * rng.uniform(0.95, 1.9),
        armpit=rng.uniform(0.2, 0.26),
        waistline=rng.uniform(0.36, 0.5),
        length=rng.uniform(0.93, 0.985),
        arms=replace(arms, length=0.85 * arms.length, angle=0.75 * arms.angle, upper=0.09, cuff=0.075),
        collar=pick(rng, {"crew": 4, "vee": 3, "wide": 3, "point": 0.6}),
        opening=pick(rng, {"closed": 9, "buttons": 1}),
        belt=rng.random() < 0.3,
    )
    return cut, {"plain": 9, "flowers": 3, "dots": 1.5, "blocks": 1.5, "hoops": 1, "pinstripes": 0.5, "faded": 1}


def coat(rng: np.random.Generator) -> tuple[Cut, Prints]:
    chest = rng.uniform(0.185, 0.24)
    cut = Cut(
        neck=rng.uniform(0.08, 0.12),
        shoulder=chest + rng.uniform(0.02, 0.05),
        chest=chest,
        waist=chest * rng.uniform(0.86, 1),
        hem=chest * rng.uniform(0.95, 1.15),
        armpit=rng.uniform(0.3, 0.37),
        waistline=0.6,
        length=rng.uniform(0.9, 0.99),
        arms=_arms(rng, "long"),
        collar=pick(rng, {"lapel": 3, "stand": 3, "point": 1.5, "hood": 1.5, "crew": 1}),
        opening=pick(rng, {"zip": 4, "buttons": 3, "open": 2, "closed": 1}),
        pockets=rng.random() < 0.6,
        band=rng.random() < 0.2,
        belt=rng.random() < 0.1,
    )
    return cut, {"plain": 12, "check": 1, "flowers": 0.8, "faded": 2.5, "blocks": 0.8}


def shirt(rng: np.random.Generator) -> tuple[Cut, Prints]:
    chest = rng.uniform(0.185, 0.24)
    cut = Cut(
        neck=rng.uniform(0.08, 0.125),
        shoulder=chest + rng.uniform(0.02, 0.05),
        chest=chest,
        waist=chest * rng.uniform(0.86, 1),
        hem=chest * rng.uniform(0.95, 1.12),
        armpit=rng.uniform(0.29, 0.36),
        waistline=0.6,
        length=rng.uniform(0.9, 0.99),
        arms=_arms(rng, pick(rng, {"long": 6, "half": 2, "short": 2})),
        collar=pick(rng, {"point": 6, "crew": 1.5, "vee": 1.5, "wide": 0.7, "stand": 0.7}),
        opening=pick(rng, {"buttons": 6, "closed": 2.5, "placket": 1.5}),
    )
    return cut, {"plain": 7, "check": 3, "pinstripes": 2, "dots": 1.2, "flowers": 2, "hoops": 0.7, "faded": 1}


def _arms(rng: np.random.Generator, kind: str) -> Arms:
    length, angle = {
        "none": ((0.0, 0.0), (0.0, 0.0)),
        "short": ((0.17, 0.3), (0.45, 0.95)),
        "half": ((0.4, 0.56), (0.22, 0.42)),
        "long": ((0.7, 0.84), (0.14, 0.26)),
    }[kind]
    upper = rng.uniform(0.12, 0.16)
    return Arms(
        length=rng.uniform(*length),
        angle=rng.uniform(*angle),
        upper=upper,
        cuff=upper * (rng.uniform(0.85, 1.1) if kind == "short" else rng.uniform(0.55, 0.75)),
    )
