"""Download the raw files of a dataset from upstream's hosts or a mirror: resumed, verified, complete or not at all."""
