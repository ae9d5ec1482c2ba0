"""IMDb: film reviews with their sentiment."""

FORMAT = "reviews"
