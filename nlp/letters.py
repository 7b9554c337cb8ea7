"""Characters as numbers, for what looks at all places of a text at once."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def code_points(text: str) -> Integers:
    """One number for each character."""
    coded = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(coded, dtype=np.uint32).astype(np.int64)
