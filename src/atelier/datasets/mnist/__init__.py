"""MNIST: handwritten digits, 28×28 grey."""

FORMAT = "idx"
