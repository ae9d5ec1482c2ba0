"""Fashion-MNIST: articles of clothing, 28×28 grey."""

FORMAT = "idx"
