"""Download the raw files of a dataset from upstream's hosts or a mirror, with resumption and verification."""
