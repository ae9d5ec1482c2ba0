"""The distributions of the measures of the five kinds of tops, which overlap as those of real clothes do."""

from dataclasses import replace

import numpy as np

from atelier.datasets.fashion_mnist.twin.fabric import pick
from atelier.datasets.fashion_mnist.twin.tops import Arms, Cut

Prints = dict[str, float]

# Ranges of the length and the angle of sleeves.
_SLEEVES = {
    "none": ((0.0, 0.0), (0.0, 0.0)),
    "short": ((0.17, 0.3), (0.45, 0.95)),
    "half": ((0.4, 0.56), (0.22, 0.42)),
    "long": ((0.7, 0.84), (0.14, 0.26)),
}


def t_shirt(rng: np.random.Generator) -> tuple[Cut, Prints]:
    kind = pick(rng, {"short": 8, "none": 1, "long": 1})
    chest, neck = rng.uniform(0.21, 0.27), rng.uniform(0.08, 0.14)
    shoulder = chest + (rng.uniform(-0.05, -0.02) if kind == "none" else rng.uniform(0, 0.025))
    waist, hem = chest * rng.uniform(0.9, 1), chest * rng.uniform(0.95, 1.1)
    armpit, length, arms = rng.uniform(0.28, 0.35), rng.uniform(0.9, 0.99), _arms(rng, kind)
    collar = pick(rng, {"crew": 6, "vee": 2, "wide": 2, "point": 0.7})
    opening = pick(rng, {"closed": 9, "placket": 1})
    cut = Cut(neck, shoulder, chest, waist, hem, armpit, 0.62, length, arms, collar, opening)
    prints = {"plain": 12, "hoops": 2, "blocks": 1, "flowers": 1, "faded": 2, "pinstripes": 0.5}
    return replace(cut, motif=rng.random() < 0.25), prints


def pullover(rng: np.random.Generator) -> tuple[Cut, Prints]:
    chest, neck = rng.uniform(0.19, 0.24), rng.uniform(0.08, 0.13)
    shoulder = chest + rng.uniform(0.02, 0.05)
    waist, hem = chest * rng.uniform(0.92, 1), chest * rng.uniform(0.9, 1.04)
    armpit, length, arms = rng.uniform(0.3, 0.37), rng.uniform(0.88, 0.98), _arms(rng, "long")
    collar = pick(rng, {"crew": 5, "vee": 2, "wide": 1, "roll": 1.5, "hood": 1.5})
    opening = pick(rng, {"closed": 14, "placket": 1})
    cut = Cut(neck, shoulder, chest, waist, hem, armpit, 0.64, length, arms, collar, opening)
    prints = {"plain": 10, "hoops": 2.5, "blocks": 1, "flowers": 0.7, "faded": 3, "dots": 0.5}
    return replace(cut, band=rng.random() < 0.65, motif=rng.random() < 0.15), prints


def dress(rng: np.random.Generator) -> tuple[Cut, Prints]:
    chest = rng.uniform(0.115, 0.17)
    arms = _arms(rng, pick(rng, {"none": 5, "short": 3, "long": 2}))
    arms = replace(arms, length=0.85 * arms.length, angle=0.75 * arms.angle, upper=0.09, cuff=0.075)
    neck, shoulder = rng.uniform(0.05, 0.085), chest - rng.uniform(0.0, 0.03)
    waist, hem = chest * rng.uniform(0.7, 1), chest * rng.uniform(0.95, 1.9)
    armpit, waistline, length = rng.uniform(0.2, 0.26), rng.uniform(0.36, 0.5), rng.uniform(0.93, 0.985)
    collar = pick(rng, {"crew": 4, "vee": 3, "wide": 3, "point": 0.6})
    opening = pick(rng, {"closed": 9, "buttons": 1})
    cut = Cut(neck, shoulder, chest, waist, hem, armpit, waistline, length, arms, collar, opening)
    prints = {"plain": 9, "flowers": 3, "dots": 1.5, "blocks": 1.5, "hoops": 1, "pinstripes": 0.5, "faded": 1}
    return replace(cut, belt=rng.random() < 0.3), prints


def coat(rng: np.random.Generator) -> tuple[Cut, Prints]:
    chest, neck = rng.uniform(0.185, 0.24), rng.uniform(0.08, 0.12)
    shoulder = chest + rng.uniform(0.02, 0.05)
    waist, hem = chest * rng.uniform(0.86, 1), chest * rng.uniform(0.95, 1.15)
    armpit, length, arms = rng.uniform(0.3, 0.37), rng.uniform(0.9, 0.99), _arms(rng, "long")
    collar = pick(rng, {"lapel": 3, "stand": 3, "point": 1.5, "hood": 1.5, "crew": 1})
    opening = pick(rng, {"zip": 4, "buttons": 3, "open": 2, "closed": 1})
    cut = Cut(neck, shoulder, chest, waist, hem, armpit, 0.6, length, arms, collar, opening)
    prints = {"plain": 12, "check": 1, "flowers": 0.8, "faded": 2.5, "blocks": 0.8}
    return replace(cut, pockets=rng.random() < 0.6, band=rng.random() < 0.2, belt=rng.random() < 0.1), prints


def shirt(rng: np.random.Generator) -> tuple[Cut, Prints]:
    chest, neck = rng.uniform(0.185, 0.24), rng.uniform(0.08, 0.125)
    shoulder = chest + rng.uniform(0.02, 0.05)
    waist, hem = chest * rng.uniform(0.86, 1), chest * rng.uniform(0.95, 1.12)
    armpit, length = rng.uniform(0.29, 0.36), rng.uniform(0.9, 0.99)
    arms = _arms(rng, pick(rng, {"long": 6, "half": 2, "short": 2}))
    collar = pick(rng, {"point": 6, "crew": 1.5, "vee": 1.5, "wide": 0.7, "stand": 0.7})
    opening = pick(rng, {"buttons": 6, "closed": 2.5, "placket": 1.5})
    cut = Cut(neck, shoulder, chest, waist, hem, armpit, 0.6, length, arms, collar, opening)
    return cut, {"plain": 7, "check": 3, "pinstripes": 2, "dots": 1.2, "flowers": 2, "hoops": 0.7, "faded": 1}


def _arms(rng: np.random.Generator, kind: str) -> Arms:
    length, angle = _SLEEVES[kind]
    upper = rng.uniform(0.12, 0.16)
    taper = (0.85, 1.1) if kind == "short" else (0.55, 0.75)
    return Arms(rng.uniform(*length), rng.uniform(*angle), upper, upper * rng.uniform(*taper))
