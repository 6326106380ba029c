"""Where schedules are evaluated: on the GPU asked for, or on the CPU while it is not free."""

import torch

from serve.jobs.numbers import WorkNumbers
from serve.settings import Settings

#: Memory that a GPU must have free for work to begin on it; others may share it.
FREE_BYTES = 2**30


def device_now(settings: Settings, numbers: WorkNumbers) -> str:
    """Return the device for the work in hand; work that falls back to the CPU is counted."""
    if settings.device == "cpu":
        return "cpu"
    reason = _why_not(settings.device)
    if reason is not None:
        numbers.fallbacks.labels(reason).inc()
        return "cpu"
    return settings.device


def _why_not(device: str) -> str | None:
    """Return why a GPU cannot be used now; None if it can."""
    number = torch.device(device).index or 0
    if number >= torch.cuda.device_count():
        return "no_gpu"
    try:
        free, _ = torch.cuda.mem_get_info(number)
    except RuntimeError:
        # Another program has it to itself, or its driver is at fault.
        return "no_gpu"
    return "no_memory" if free < FREE_BYTES else None
