"""One session as it happens: who is called when, and how long everybody stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: After how long a patient who does not come is given up.
GIVEN_UP = timedelta(minutes=15)
#: Of what happens at one moment ends come first, then arrivals, then starts.
END, ARRIVE, START, MISS = range(4)


@dataclass(frozen=True)
class Visit:
    """A visit to a session.

    Attributes
    ----------
    name
        What tells it from all others.
    due
        When it is its turn: its appointment, or the moment at which somebody walks in.
    arrives
        When the patient is there; None for one who does not come.
    walk_in
        Whether nobody had booked it.
    """

    name: str
    due: datetime
    arrives: datetime | None
    takes: timedelta
    walk_in: bool = False


@dataclass(frozen=True)
class Step:
    """What happens to a visit, and when."""

    at: datetime
    kind: int
    visit: Visit


def steps_of(visits: Sequence[Visit], begins: datetime) -> list[Step]:
    """Return what happens in a session, in the order of time.

    Nobody is called before the session begins or before the own appointment; of those whose turn
    it is, and who are there, whoever was due first.
    """
    steps = [
        Step(one.due + GIVEN_UP, MISS, one)
        if one.arrives is None
        else Step(one.arrives, ARRIVE, one)
        for one in visits
    ]
    waiting = {one.name: one for one in visits if one.arrives is not None}
    free = begins
    while waiting:
        ready = [(max(one.due, one.arrives or one.due), one.due, one.name)
                 for one in waiting.values()]  # fmt: skip
        now = [one for one in ready if one[0] <= free]
        # Nobody is there whose turn it is: the provider idles until somebody is.
        moment, _, name = min(now, key=lambda one: one[1:]) if now else min(ready)
        visit = waiting.pop(name)
        starts = max(free, moment)
        free = starts + visit.takes
        steps += [Step(starts, START, visit), Step(free, END, visit)]
    return sorted(steps, key=lambda one: (one.at, one.kind, one.visit.name))
