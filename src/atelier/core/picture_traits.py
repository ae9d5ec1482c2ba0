"""What was unusual about a picture file and changed its pixels."""

from enum import IntFlag


class Trait(IntFlag):
    """What was done with a picture; the names become statistics of a dataset."""

    NOT_SQUARE = 1  # cropped, padded or stretched
    ENLARGED = 2  # smaller than the square
    ROTATED_BY_EXIF = 4
    TRANSPARENT_OVER_WHITE = 8
    FIRST_FRAME_OF_SEVERAL = 16
    REDUCED_FROM_16_BIT = 32
    CONVERTED_FROM_CMYK = 64
    CONVERTED_FROM_PALETTE = 128
    MADE_GREY = 256

    @property
    def key(self) -> str:
        """The name of its count among the statistics of a dataset."""
        return str(self.name).lower()
