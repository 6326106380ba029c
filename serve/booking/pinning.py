"""Which seats of a schedule are left to book, beside appointments that stay where they are."""

from collections.abc import Sequence


def free_places(schedule: Sequence[int], pinned: Sequence[int]) -> list[int]:
    """Return the free seats per interval so that with the pinned ones they are the schedule's.

    A pinned seat takes a place of the schedule in its interval. For one without a place there, the
    nearest place that is still free is left out, the earlier one of two, so that the number of
    seats stays that of the schedule as long as it has free places.

    Parameters
    ----------
    schedule
        Seats per interval.
    pinned
        The interval of each seat that somebody has.
    """
    free = list(schedule)
    without_place = []
    for interval in sorted(pinned):
        if free[interval] > 0:
            free[interval] -= 1
        else:
            without_place.append(interval)
    for interval in without_place:
        places = [one for one, count in enumerate(free) if count > 0]
        if not places:
            break
        nearest = min(places, key=lambda one: (abs(one - interval), one))
        free[nearest] -= 1
    return free
