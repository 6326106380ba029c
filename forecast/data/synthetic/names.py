"""Names of what is made up: a letter or a word and a number, all equally long."""

import numpy as np
from numpy.typing import NDArray


def names(word: str, count: int) -> NDArray[np.object_]:
    """Return so many names, such as v001 to v120."""
    width = len(str(count))
    return np.array([f"{word}{number:0{width}d}" for number in range(1, count + 1)], object)


def times(seconds: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Return seconds since 1970 as times of tables; those below 0 as missing."""
    made = seconds.astype("datetime64[s]").astype("datetime64[ns]")
    return np.where(seconds >= 0, made, np.datetime64("NaT", "ns"))
