"""What formats of data that a person brings have in common: folders and archives, classes, splits, bad files."""
