"""A day of a clinic as a plain loop over events: the yardstick for days that are replayed."""


def plain_day(
    appointments: list[float], minutes: list[float], came: list[bool], length: float
) -> dict[str, float]:
    """Follow one day event by event: the queue, the provider, and the clock."""
    queue = [
        (time, took) for time, took, there in zip(appointments, minutes, came, strict=True) if there
    ]
    clock = waited = busy = idle = 0.0
    while queue:
        time, took = queue.pop(0)
        if time > clock:
            idle += time - clock
            clock = time
        waited += clock - time
        clock += took
        busy += took
    return {
        "waited": waited,
        "end": clock,
        "makespan_idle": idle,
        "idle": idle + max(length - clock, 0.0),
        "tardiness": max(clock - length, 0.0),
        "work": busy,
    }
