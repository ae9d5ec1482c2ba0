"""CelebA: aligned faces with binary attributes."""

FORMAT = "faces"
