"""Where tensors live, and how precise they are."""

import torch

from objective.errors import InvalidInput

DTYPES = {"float64": torch.float64, "float32": torch.float32}


def available_device(device: str | torch.device) -> torch.device:
    """Return the device; raise `InvalidInput` if it is unknown or not there."""
    there = ["cpu"] + [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    allowed = "one of the devices here: " + ", ".join(there)
    try:
        wanted = torch.device(device)
    except (RuntimeError, TypeError):
        raise InvalidInput("device", str(device), allowed) from None
    name = "cpu" if wanted.type == "cpu" else f"{wanted.type}:{wanted.index or 0}"
    if name not in there:
        raise InvalidInput("device", str(device), allowed)
    return wanted
