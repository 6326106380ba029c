"""How the people of a made-up practice behave, drawn anew for each seat and always the same.

What is drawn depends on the seed, the session and the seat alone: whoever plays the day, and
however often it is begun, the same patient comes at the same moment.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from serve.demo.practice import VISITS

#: Mean and standard deviation of the minutes by which patients come before their time.
EARLY, EARLY_SPREAD = 6.0, 5.0
#: Patients who call off on the day, and the minutes before their time at which they do.
CANCELLED, CALLED_OFF = 0.03, (40.0, 180.0)
#: Walk-ins of a session, on average, and minutes at its beginning and end without one.
WALK_INS, WITHOUT_WALK_IN = 1.0, (10.0, 40.0)
#: Minutes that a provider needs between two patients.
TURN = timedelta(minutes=1)
#: After how long a patient who does not come is given up.
GIVEN_UP = timedelta(minutes=15)
#: Consultations of a visit that is not of the practice's first types.
USUAL = (10, 12.0, 0.43, 0.05)


@dataclass(frozen=True)
class Conduct:
    """What a patient does.

    Attributes
    ----------
    cancels
        How long before the appointment it is called off; None if it is not.
    comes
        Whether the patient comes.
    early
        How long before the appointment.
    consultation
        How long the consultation takes.
    """

    cancels: timedelta | None
    comes: bool
    early: timedelta
    consultation: timedelta


@lru_cache(maxsize=4096)
def conduct(seed: int, seat: str, visit: str) -> Conduct:
    """Return what the patient of a seat does.

    Parameters
    ----------
    seat
        What tells the seat from all others.
    visit
        Name of the type of visit.
    """
    generator = _generator(seed, seat)
    _, mean, cv, no_show = VISITS.get(visit, USUAL)
    chance, early = generator.random(), generator.normal(EARLY, EARLY_SPREAD)
    before = float(generator.uniform(*CALLED_OFF))
    minutes = float(generator.gamma(1 / cv**2, mean * cv**2))
    return Conduct(
        timedelta(minutes=before) if chance < CANCELLED else None,
        chance >= CANCELLED + no_show,
        timedelta(seconds=round(60 * early)),
        timedelta(seconds=max(60, round(60 * minutes))),
    )


@lru_cache(maxsize=256)
def walk_ins(seed: int, session: str, starts_at: datetime, ends_at: datetime) -> Sequence[datetime]:
    """Return when patients come unbooked to a session, in order."""
    generator = _generator(seed, session)
    first, last = (timedelta(minutes=one) for one in WITHOUT_WALK_IN)
    length = max((ends_at - last) - (starts_at + first), timedelta())
    shares = sorted(generator.random(generator.poisson(WALK_INS)))
    moments = (starts_at + first + length * float(share) for share in shares)
    return tuple(moment.replace(microsecond=0) for moment in moments)


def drawn(seed: int, key: str, count: int) -> int:
    """Return one of so many numbers, from 0, for a key."""
    return int(_generator(seed, key).integers(count))


def share(seed: int, key: str) -> float:
    """Return a number from 0 to 1 for a key."""
    return float(_generator(seed, key).random())


def _generator(seed: int, key: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(key.encode())])
