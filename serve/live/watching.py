"""The look at days that run: what is expected of them is kept fresh while something happens."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.clock import now as this_moment
from serve.database import reading, transaction
from serve.errors import Conflict
from serve.live.expectation import Expectation, expectations
from serve.live.keeping import Known, keep
from serve.live.standing import Standing, standings
from serve.models import ClinicDay, Event, Outlook, Practice

logger = logging.getLogger(__name__)

#: Seconds between two looks.
LOOK = 0.5
#: Seconds after a look that failed.
PAUSE = 5.0
#: How old an outlook becomes without news.
FRESH = timedelta(seconds=30)
#: How long before its start, and after its planned end, a session is looked at.
BEFORE, AFTER = timedelta(hours=2), timedelta(hours=12)
#: What the looks tell themselves is no news.
OWN = ("clinic_day.outlook", "appointment.expected")


@dataclass(frozen=True)
class Watched:
    """A day that is looked at, and its outlook as it is; None for none yet."""

    clinic_day_id: UUID
    practice_id: UUID
    ends_at: datetime
    known: Known | None

    def stale(self, now: datetime) -> bool:
        """Return whether time has made its outlook old: not once the session is over."""
        if self.known is None:
            return True
        computed = self.known.computed_at
        over = computed >= self.ends_at and self.known.finish_latest_at < computed
        return not over and now - computed >= FRESH


class Watching:
    """Looks at days that run, in a worker; any number of workers may do so at once.

    Parameters
    ----------
    app
        The application, whose database has the days.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        #: By practice, the last event that was seen.
        self._seen: dict[UUID, int] = {}
        #: By day, the last event of which its outlook is to know.
        self._news: dict[UUID, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop`` is set."""
        with self._app.app_context():
            while not stop.is_set():
                begun = time.monotonic()
                try:
                    self.look()
                except Exception:
                    logger.warning("days that run cannot be looked at now", exc_info=True)
                    stop.wait(PAUSE)
                stop.wait(max(0.0, LOOK - (time.monotonic() - begun)))

    def look(self) -> int:
        """Refresh the days with news, and those whose outlook is old; return how many.

        Needs an application context.
        """
        now = this_moment()
        with reading() as session:
            days = _watched(session, now)
            # Events are read before the days: what is read later knows at least these.
            self._look_for_news(session, days)
            due = [day for day in days if self._has_news(day) or day.stale(now)]
            found = standings(session, [day.clinic_day_id for day in due]) if due else []
        by_id = {day.clinic_day_id: day for day in due}
        expected = all_that_can_be_told(found, now)
        return sum(self._keep(by_id[one.clinic_day_id], one) for one in expected)

    def _look_for_news(self, session: Session, days: Sequence[Watched]) -> None:
        by_practice: dict[UUID, list[UUID]] = defaultdict(list)
        for day in days:
            by_practice[day.practice_id].append(day.clinic_day_id)
        for practice_id, watched in by_practice.items():
            if practice_id not in self._seen:
                # At first every day that an earlier worker left behind is refreshed.
                self._seen[practice_id] = _last_event(session, practice_id)
                self._news |= dict.fromkeys(watched, self._seen[practice_id])
                continue
            query = select(Event.id, Event.kind, Event.clinic_day_id).where(
                Event.practice_id == practice_id, Event.id > self._seen[practice_id]
            )
            for number, kind, clinic_day_id in session.execute(query.order_by(Event.id)):
                self._seen[practice_id] = number
                if kind not in OWN and clinic_day_id in watched:
                    self._news[clinic_day_id] = number
        self._forget({day.clinic_day_id for day in days})

    def _forget(self, watched: Iterable[UUID]) -> None:
        """Forget the news of days that are looked at no longer."""
        self._news = {day: number for day, number in self._news.items() if day in watched}

    def _has_news(self, day: Watched) -> bool:
        known = -1 if day.known is None else day.known.event_id
        return self._news.get(day.clinic_day_id, -1) > known

    def _keep(self, day: Watched, expected: Expectation) -> bool:
        """Write down what is expected of a day; return whether it was not done by another."""
        seen = self._seen[day.practice_id]
        try:
            return transaction(
                lambda session: keep(session, day.practice_id, expected, day.known, seen)
            )
        except Conflict:
            return False
        except Exception:
            # One day is not to keep the others from being refreshed.
            logger.warning("an outlook of %s is not written", day.clinic_day_id, exc_info=True)
            return False


def all_that_can_be_told(days: Sequence[Standing], now: datetime) -> list[Expectation]:
    """Return what is expected of each day, without those of which it cannot be said."""
    try:
        return expectations(days, now)
    except Exception:
        if len(days) == 1:
            identifier = days[0].clinic_day_id
            logger.warning("%s cannot be looked at", identifier, exc_info=True)
            return []
    return [one for day in days for one in all_that_can_be_told([day], now)]


def _last_event(session: Session, practice_id: UUID) -> int:
    last = session.scalar(select(func.max(Event.id)).where(Event.practice_id == practice_id))
    return last or 0


def _watched(session: Session, now: datetime) -> list[Watched]:
    """Return the days that run, will soon, or did until not long ago."""
    # By date first, for which there is an index; dates differ from those in UTC by one at most.
    dates = [(now + timedelta(days=days)).date() for days in (-2, -1, 0, 1)]
    query = (
        select(
            ClinicDay.id, ClinicDay.practice_id, ClinicDay.ends_at, Outlook.computed_at,
            Outlook.event_id, Outlook.finish_at, Outlook.finish_earliest_at,
            Outlook.finish_latest_at, Outlook.overtime_probability,
        )
        .outerjoin(Outlook, Outlook.clinic_day_id == ClinicDay.id)
        .where(
            ClinicDay.practice_id.in_(session.scalars(select(Practice.id)).all()),
            ClinicDay.day.in_(dates),
            ClinicDay.starts_at <= now + BEFORE,
            ClinicDay.ends_at > now - AFTER,
        )
        .order_by(ClinicDay.id)
    )  # fmt: skip
    return [
        Watched(*row[:3], None if row.computed_at is None else Known(*row[3:]))
        for row in session.execute(query)
    ]
