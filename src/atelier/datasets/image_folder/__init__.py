"""Pictures in a folder or an archive, which a person brings."""

FORMAT = "pictures"
