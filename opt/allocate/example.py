"""Made-up problems of any size, the same for the same seed, to try an allocation with."""

import math
from datetime import date, timedelta

import numpy as np

from objective.errors import whole_number
from opt.allocate.clinic import WEEK, Provider, Resource, VisitType
from opt.allocate.half_day import HALVES, HalfDay
from opt.allocate.problem import MAX_REQUESTS, Problem
from opt.allocate.request import Request

FIRST_DAY = date(2026, 3, 2)
VISIT_TYPES = (
    VisitType("review", 15, {"rooms": 15}),
    VisitType("first visit", 30, {"rooms": 30}),
    VisitType("procedure", 45, {"rooms": 45}),
    VisitType("ultrasound", 20, {"rooms": 20, "ultrasound": 20}),
)
SHARES = (0.35, 0.3, 0.15, 0.2)
URGENCIES, URGENCY_SHARES = (1.0, 2.0, 5.0), (0.6, 0.3, 0.1)
GROUPS, GROUP_SHARES = ("town", "country", "needs an interpreter"), (0.6, 0.3, 0.1)

#: Minutes of a usual session, and the share of all minutes that the requests ask for.
SESSION, LOAD = 180.0, 0.95
WEEK_DAYS = WEEK[:10]


def example(requests: int, providers: int = 10, days: int = 20, seed: int = 0) -> Problem:
    """Return a clinic that is somewhat too small for its requests.

    Parameters
    ----------
    requests, providers, days
        Their numbers; days are working days from Monday 2 March 2026.
    seed
        Seed of the generator.

    Raises
    ------
    InvalidInput
        If a number is outside its range.
    """
    whole_number("example", requests, 0, MAX_REQUESTS)
    whole_number("providers", providers, 1, 1_000)
    whole_number("days", days, 1, 250)
    whole_number("seed", seed, 0, 2**63 - 1)
    random = np.random.default_rng(seed)
    dates = [FIRST_DAY + timedelta(days=7 * (day // 5) + day % 5) for day in range(days)]
    half_days = [HalfDay(day, half) for day in dates for half in HALVES]
    minutes = sum(share * one.minutes for share, one in zip(SHARES, VISIT_TYPES, strict=True))
    # Each provider has so many sessions a week, none longer than usual, that the requests ask for
    # most of what all of them hold.
    asked, weeks = requests * minutes / LOAD / providers, len(half_days) / len(WEEK_DAYS)
    weekly = min(max(1, math.ceil(asked / SESSION / weeks)), len(WEEK_DAYS))
    session = max(60.0, 15.0 * math.ceil(asked / weekly / weeks / 15.0))
    staff = []
    for number in range(providers):
        works = tuple(WEEK_DAYS[one] for one in sorted(random.permutation(len(WEEK_DAYS))[:weekly]))
        sees = [one.name for one in VISIT_TYPES if number == 0 or random.random() < 0.6]
        types = tuple(sees or [VISIT_TYPES[0].name])
        name = f"Dr {chr(65 + number)}" if number < 26 else f"Dr {number + 1}"
        absent = tuple(one for one in half_days if random.random() < 0.05)
        staff.append(Provider(name, types, minutes=session, works=works, absences=absent))
    rooms = Resource("rooms", session * max(1, math.ceil(providers * weekly / len(WEEK_DAYS))))
    probe = Resource("ultrasound", session / 2)
    return Problem(
        days=tuple(dates),
        visit_types=VISIT_TYPES,
        providers=tuple(staff),
        resources=(rooms, probe),
        requests=tuple(_request(random, number, dates, staff) for number in range(requests)),
    )


def _request(
    random: np.random.Generator, number: int, dates: list[date], staff: list[Provider]
) -> Request:
    urgency = float(random.choice(URGENCIES, p=URGENCY_SHARES))
    first = int(random.integers(0, max(1, len(dates) * 3 // 5)))
    length = int(random.integers(2, 15)) if urgency < 5 else int(random.integers(1, 5))
    last = min(first + length, len(dates) - 1)
    known = staff[int(random.integers(len(staff)))].name
    return Request(
        id=f"R{number + 1:04d}",
        visit_type=str(random.choice([one.name for one in VISIT_TYPES], p=SHARES)),
        earliest=dates[first],
        latest=dates[last],
        requested=dates[first] - timedelta(days=int(random.integers(0, 8))),
        urgency=urgency,
        providers=(known,) if random.random() < 0.3 else (),
        halves=(str(random.choice(HALVES)),) if random.random() < 0.4 else (),
        continuity=known if random.random() < 0.3 else "",
        acceptance=float(np.round(random.uniform(0.7, 1.0), 2)),
        group=str(random.choice(GROUPS, p=GROUP_SHARES)),
    )
