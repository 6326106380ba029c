"""What time it is: the machine's clock, or another one where days are played in simulated time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import current_app

Clock = Callable[[], datetime]


def machine_clock() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """Return the moment by the application's clock, in UTC."""
    clock: Clock = current_app.config["CLOCK"]
    return clock().astimezone(UTC)


def waking_hours() -> datetime:
    """Return the moment by which sessions in browsers age: people do not jump with the clock."""
    clock: Clock = current_app.config["SESSION_CLOCK"]
    return clock().astimezone(UTC)


def at_wall_clock(day: date, clock: time, zone: str) -> datetime:
    """Return when a practice's clock shows a time on a date, in UTC.

    A time that the clocks skip in spring is as much later as they are put forward; of one that
    they show twice in autumn it is the first (RFC 5545, 3.3.5).
    """
    return datetime.combine(day, clock.replace(fold=0), ZoneInfo(zone)).astimezone(UTC)


def wall_clock(moment: datetime, zone: str) -> datetime:
    """Return a moment as a practice's clock shows it, with its zone."""
    return moment.astimezone(ZoneInfo(zone))


def day_bounds(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """Return when the first date begins and the last ends, in UTC, on a practice's clock."""
    midnight = time()
    return at_wall_clock(first, midnight, zone), at_wall_clock(
        last + timedelta(days=1), midnight, zone
    )
