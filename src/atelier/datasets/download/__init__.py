"""Bringing a dataset's files here: from upstream's hosts or from a mirror, resumed, verified, never half."""
