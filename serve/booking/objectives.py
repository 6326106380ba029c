"""What schedules cost, by the description that a clinic day keeps; each is made once."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from objective import Objective
from opt.result import objective_from_dict


def objective_of(description: Mapping[str, Any]) -> Objective:
    """Return the objective of a description, for sessions in which any number is booked.

    Where patients differ it is that of patients like the session's own: who will be booked in a
    seat that is still free is not known.
    """
    return _made(json.dumps(description, sort_keys=True))


@lru_cache(maxsize=256)
def _made(text: str) -> Objective:
    description = json.loads(text)
    description["session"] |= {"patient_types": None, "order": None}
    return objective_from_dict(description)
