"""All of a made-up practice: what it is, who is there, what was and what is planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.clock import day_bounds, wall_clock
from serve.demo.days import book_and_play, publish_days
from serve.demo.past import draw_history, keep_history
from serve.demo.people import make_accounts, make_patients
from serve.demo.practice import make_practice
from serve.models import Practice

#: Weeks that are over when the practice is made, and weeks that are published ahead.
BEFORE, AHEAD = 1, 2


@dataclass(frozen=True)
class Demo:
    """What was made.

    Attributes
    ----------
    passwords
        By the e-mail address of each account.
    patients, appointments, history
        How many there are.
    """

    passwords: Mapping[str, str]
    patients: int
    appointments: int
    history: int


def make_demo(session: Session, name: str, zone: str, seed: int, now: datetime) -> Demo:
    """Add a made-up practice: the same one for the same seed and week, but for its passwords.

    Raises
    ------
    InvalidInput
        If there is a practice of that name.
    """
    if session.scalar(select(Practice.id).where(Practice.name == name)) is not None:
        raise InvalidInput("--practice", "the name", "one that no practice has yet")
    generator = np.random.default_rng(seed)
    today = wall_clock(now, zone).date()
    first = today - timedelta(days=today.weekday(), weeks=BEFORE)
    last = first + timedelta(weeks=BEFORE + AHEAD, days=4)
    made = make_practice(session, name, zone, first)
    history = draw_history(first, [one.name for one in made.providers], seed)
    assert history.visits is not None
    rows = keep_history(session, made.practice.id, zone, history)
    patients = make_patients(
        session, made.practice, made.providers, history.visits, today, generator
    )
    opened, _ = day_bounds(first, first, zone)
    publish_days(session, made, first, last, opened)
    appointments = book_and_play(session, made, patients, now, generator)
    passwords = make_accounts(session, made.practice, made.providers[0], patients[0])
    return Demo(passwords, len(patients), appointments, rows)
