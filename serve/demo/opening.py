"""Opening a made-up practice: made where there is nothing yet, gone on with where it is."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.auth.passwords import hash_password
from serve.auth.sign_in import set_password
from serve.clock import at_wall_clock, wall_clock
from serve.database import lock, reading, transaction
from serve.demo.clock import DemoClock
from serve.demo.coming_days import begin_day
from serve.demo.playing import catch_up, is_over
from serve.demo.today import give_work, half_a_day, mid_morning, next_sessions, working_day
from serve.errors import Conflict
from serve.models import Event, Practice, User
from serve.models.people import ROLES

NAME, ZONE, SEED = "Demo clinic", "Europe/Amsterdam", 0
#: Practices made up here have accounts there, where nobody can have a real one (RFC 6761).
NOWHERE = ".example"
#: A date begins so long before its first session.
BEFORE_FIRST = timedelta(minutes=5)


@dataclass(frozen=True)
class Opened:
    """A made-up practice that is open.

    Attributes
    ----------
    now
        By the practice's wall clock.
    passwords
        Of its accounts, if they are new.
    """

    name: str
    now: datetime
    passwords: Mapping[str, str]


def open_demo(clock: DemoClock) -> Opened:
    """Make a practice up, or go on with the one that is there, in the middle of a morning.

    Raises
    ------
    Conflict
        If there is a practice that is not made up.
    """
    with reading() as session:
        practices = session.scalars(select(Practice.id)).all()
    pace = clock.pace
    if not practices:
        return _made(clock)
    if pace is None or list(practices) != [pace.practice_id]:
        raise Conflict(
            "There is a practice already, beside which none is made up. For that practice say "
            "`flask --app serve start`; for a made-up one set BAILEY_HOME to another folder.",
            "practice",
        )
    _wake(clock, pace.practice_id)
    with reading() as session:
        practice = session.get_one(Practice, pace.practice_id)
        return Opened(practice.name, wall_clock(clock(), practice.zone), {})


def _made(clock: DemoClock) -> Opened:
    # The generator of histories takes seconds to import.
    from serve.demo.make import make_demo

    day = working_day(clock.machine(), ZONE)
    roughly = at_wall_clock(day, time(10), ZONE)

    def work(session: Session) -> tuple[Mapping[str, str], UUID, datetime]:
        made = make_demo(session, NAME, ZONE, SEED, roughly)
        practice = session.scalars(select(Practice).where(Practice.name == NAME)).one()
        now = mid_morning(session, practice, day)
        half_a_day(session, practice, SEED, now)
        give_work(session, practice.id)
        # Before the database has it, so that it is never taken for a real one.
        clock.begin(practice.id, SEED, now, day)
        return made.passwords, practice.id, now

    passwords, _, now = transaction(work)
    return Opened(NAME, wall_clock(now, ZONE), passwords)


def _wake(clock: DemoClock, practice_id: UUID) -> None:
    """Go on where the practice was left; if no session runs then, in the next morning."""
    with reading() as session:
        last = session.scalar(select(func.max(Event.at)).where(Event.practice_id == practice_id))
        zone = session.get_one(Practice, practice_id).zone
    clock.resume(last)
    catch_up(clock)
    now, pace = clock(), clock.pace
    assert pace is not None
    today = wall_clock(now, zone).date()
    with reading() as session:
        over = is_over(session, practice_id, pace.seed, now)
        ahead = next_sessions(session, practice_id, today - timedelta(days=1))
    day = _next_day(practice_id, pace.seed, today, now) if over else today
    # Before the first session of a date, too, its morning is what one wants to see.
    if day is not None and (over or (ahead is not None and ahead[1] > now)):
        go_on(clock, day)
        with reading() as session:
            morning = mid_morning(session, session.get_one(Practice, practice_id), day)
        clock.forward_to(morning)
        catch_up(clock)


def _next_day(practice_id: UUID, seed: int, today: date, now: datetime) -> date | None:
    """Return the next date with sessions, which are published if there are none."""
    transaction(lambda session: begin_day(session, practice_id, seed, today, now))
    with reading() as session:
        found = next_sessions(session, practice_id, today)
    return None if found is None else found[0]


def go_on(clock: DemoClock, day: date) -> None:
    """Put the clock forward to shortly before a date's first session, and let it be booked.

    Done twice it does nothing more.
    """
    pace = clock.pace
    assert pace is not None
    with reading() as session:
        found = next_sessions(session, pace.practice_id, day - timedelta(days=1))
    if found is None or found[0] != day:
        return
    clock.pause()
    clock.forward_to(found[1] - BEFORE_FIRST)
    catch_up(clock)


def new_passwords(practice: str) -> Mapping[str, str]:
    """Give the accounts of a made-up practice new passwords, and return them by their addresses.

    Raises
    ------
    InvalidInput
        If no practice of that name has such accounts.
    """

    def work(session: Session) -> dict[str, str]:
        users = session.scalars(
            select(User).join(Practice, Practice.id == User.practice_id)
            .where(Practice.name == practice, User.email.endswith(NOWHERE))
            .order_by(User.created_at, User.email)
        ).all()  # fmt: skip
        made = {}
        for user in users:
            if user.email.partition("@")[0] in ROLES:
                made[user.email] = new_password()
                kept = lock(session, User, user.id)
                assert kept is not None
                set_password(kept, hash_password(made[user.email]))
        return made

    found = transaction(work)
    if not found:
        raise InvalidInput("--practice", "the name", "that of a made-up practice")
    return found


def new_password() -> str:
    """Return a password that nobody guesses."""
    return secrets.token_urlsafe(15)
