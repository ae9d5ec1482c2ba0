"""Texts in files or tables, which a person brings."""

FORMAT = "texts"
