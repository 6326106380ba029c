"""Letting the made-up patients of a practice do what they do, through the rules of booking.

`catch_up` lets everything happen that is due by the practice's simulated clock. The worker calls it
all the time, and the page whose button puts the clock forward at once; whoever comes second finds
it done.
"""

import logging
import threading
from datetime import UTC, date, datetime
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.booking.changing import cancel
from serve.booking.extra_seats import register_walk_in
from serve.booking.status import step
from serve.booking.who import THE_SERVICE
from serve.clock import wall_clock
from serve.database import reading, transaction
from serve.demo.behaviour import drawn
from serve.demo.clock import DemoClock
from serve.demo.coming_days import begin_day, free_patients
from serve.demo.running_day import Happening, running
from serve.errors import Conflict
from serve.models import ClinicDay, Practice

logger = logging.getLogger(__name__)

#: Seconds between two looks, and after one that failed.
LOOK, PAUSE = 0.5, 5.0
#: What happens in one transaction, at most, so that nobody waits long for the database.
MOST = 25
#: When a date without sessions has ended.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def demo_clock() -> DemoClock | None:
    """Return the application's clock, if it is that of a made-up practice which has begun."""
    clock = current_app.config["CLOCK"]
    return clock if isinstance(clock, DemoClock) and clock.pace is not None else None


class Playing:
    """What a worker does for a made-up practice all the time.

    Parameters
    ----------
    app
        The application, whose database has the practice.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app

    def run(self, stop: threading.Event) -> None:
        """Let happen what is due until ``stop`` is set."""
        with self._app.app_context():
            while not stop.is_set():
                pause = LOOK
                try:
                    clock = demo_clock()
                    if clock is not None:
                        catch_up(clock)
                        clock.note()
                except Exception:
                    logger.warning("the made-up day does not go on now", exc_info=True)
                    pause = PAUSE
                stop.wait(pause)


def catch_up(clock: DemoClock) -> int:
    """Let everything happen that is due, and end the play of a day that is over; return how much.

    Needs an application context.
    """
    pace = clock.pace
    if pace is None:
        return 0
    practice_id, seed, now = pace.practice_id, pace.seed, clock()
    _begin_days(clock, practice_id, seed, now)
    done = 0
    while _any_due(practice_id, seed, now):
        part = transaction(lambda session: let_happen(session, practice_id, seed, now))
        done += part
        if not part:
            break
    if clock.playing:
        with reading() as session:
            if is_over(session, practice_id, seed, now):
                clock.pause()
    return done


def let_happen(
    session: Session, practice_id: UUID, seed: int, now: datetime, most: int = MOST
) -> int:
    """Let at most so many things happen that are due, in the order of time; return how many."""
    sessions = running(session, practice_id, seed, now, lock=True)
    done = 0
    while done < most:
        due = [one for place in sessions if (one := place.next()) is not None and one.at <= now]
        if not due:
            break
        _happen(session, min(due, key=lambda one: one.place))
        done += 1
    return done


def is_over(session: Session, practice_id: UUID, seed: int, now: datetime) -> bool:
    """Return whether nothing more will happen today."""
    practice = session.get_one(Practice, practice_id)
    today = wall_clock(now, practice.zone).date()
    if last_end(session, practice_id, today) > now:
        return False
    sessions = running(session, practice_id, seed, now)
    return all(one.next() is None for one in sessions if one.day.day <= today)


def last_end(session: Session, practice_id: UUID, day: date) -> datetime:
    """Return when the last session of a date ends; a moment long past if there is none."""
    query = select(func.max(ClinicDay.ends_at)).where(
        ClinicDay.practice_id == practice_id, ClinicDay.day == day
    )
    found: datetime | None = session.scalar(query)
    return found or LONG_AGO


def _any_due(practice_id: UUID, seed: int, now: datetime) -> bool:
    with reading() as session:
        following = (one.next() for one in running(session, practice_id, seed, now))
        return any(one is not None and one.at <= now for one in following)


def _begin_days(clock: DemoClock, practice_id: UUID, seed: int, now: datetime) -> None:
    """Let patients book for what is ahead, once on every date that has begun."""
    pace = clock.pace
    with reading() as session:
        zone = session.get_one(Practice, practice_id).zone
    today = wall_clock(now, zone).date()
    if pace is not None and today > pace.day:
        transaction(lambda session: begin_day(session, practice_id, seed, today, now))
        clock.begun(today)


def _happen(session: Session, one: Happening) -> None:
    if one.appointment is None:
        _walk_in(session, one)
    elif one.what == "cancelled":
        cancel(session, one.appointment, one.at, THE_SERVICE, by_patient=True)
    else:
        step(session, one.appointment, one.what, one.at, THE_SERVICE)


def _walk_in(session: Session, one: Happening) -> None:
    """Let somebody who has no appointment on the date come unbooked."""
    place, day = one.session, one.session.day
    who = free_patients(session, day.practice_id, day.day)
    if not who:
        place.refused.add(one.at)
        return
    patient_id = who[drawn(place.seed, f"{place.key} {one.at:%H:%M:%S}", len(who))]
    try:
        with session.begin_nested():
            made = register_walk_in(session, day.provider_id, patient_id, one.at, THE_SERVICE)
    except Conflict:
        place.refused.add(one.at)
    else:
        place.appointments.append(made)
