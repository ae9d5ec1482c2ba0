"""Draw a portrait from attributes: paint the parts from back to front."""

from collections.abc import Mapping

import numpy as np
from PIL import Image

from atelier.datasets.celeba.twin import beard, eyes, hair, head, locks, mouth, scene, worn
from atelier.datasets.celeba.twin.canvas import Canvas
from atelier.datasets.celeba.twin.look import look


def draw(attributes: Mapping[str, bool], generator: np.random.Generator) -> Image.Image:
    """Draw a face with the forty attributes: RGB, 178 wide and 218 high.

    Each part has its own generator, spawned from `generator`, and draws the same numbers for all attributes: with equal
    generators, two faces differ only where their attributes differ.
    """
    look_rng, pose_rng, background_rng, camera_rng, *parts = generator.spawn(16)
    seen = look(attributes, look_rng)
    canvas = Canvas(scene.pose(pose_rng), scene.background(background_rng))
    style = locks.cut(seen, parts[0])
    hair.back(canvas, seen, style)
    head.neck(canvas, seen, parts[1])
    worn.clothes(canvas, seen, parts[2])
    worn.necklace(canvas, seen, parts[3])
    head.ears(canvas, seen, parts[4])
    head.face(canvas, seen, parts[5])
    beard.paint(canvas, seen, parts[6])
    mouth.paint(canvas, seen, parts[7])
    head.nose(canvas, seen, parts[8])
    eyes.paint(canvas, seen, parts[9])
    eyes.brows(canvas, seen, parts[9])
    hair.front(canvas, seen, style)
    worn.earrings(canvas, seen, parts[10])
    worn.glasses(canvas, seen, parts[11])
    worn.hat(canvas, seen, parts[11])
    return scene.develop(canvas.picture(), seen.light, attributes, camera_rng)
