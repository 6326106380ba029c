"""JSON that comes from outside, which may be anything."""

import json
from typing import Any


def parse_json(text: str) -> Any:
    """Return what a JSON text says.

    Raises
    ------
    ValueError
        If it is none, or nested deeper than Python follows.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
