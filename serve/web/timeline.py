"""A session as one horizontal line: what was planned, what was and what is expected.

Everything is a place in units of a drawing that is as wide as the session and its overtime; a
template makes it a picture (SVG), which needs no script and can be printed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from serve.live.expectation import Expectation
from serve.web.day_list import Row

#: Units of the drawing for a minute, and what is left free at its ends.
MINUTE, MARGIN = 6.0, 24.0
#: Height of a lane, and most lanes into which visits that overlap are put.
LANE, LANES = 26.0, 6
#: A mark of the axis each so many minutes.
MARKS = 30

Kind = Literal["done", "running", "expected", "waiting", "missing"]


@dataclass(frozen=True)
class Bar:
    """A visit on the line.

    Attributes
    ----------
    x, width, lane
        Where it is; a visit that is expected has a mark where it is expected, and its band.
    planned
        Place of its appointment.
    """

    row: Row
    kind: Kind
    x: float
    width: float
    lane: int
    planned: float
    mark: float | None = None

    @property
    def y(self) -> float:
        """Top of its lane."""
        return self.lane * LANE


@dataclass(frozen=True)
class Timeline:
    """A session as a drawing.

    Attributes
    ----------
    marks
        Places of full and half hours, with the moments.
    begins, ends, now, finish
        Places of the session's planned ends, of this moment, and of the expected end with its
        interval.
    """

    session: Expectation
    width: float
    height: float
    marks: tuple[tuple[float, datetime], ...]
    bars: tuple[Bar, ...]
    begins: float
    ends: float
    now: float | None
    finish: tuple[float, float, float] | None


def timeline_of(session: Expectation, rows: Sequence[Row], now: datetime) -> Timeline:
    """Return the drawing of a session.

    Parameters
    ----------
    rows
        The visits of the session.
    now
        This moment; it is drawn while it is on the line.
    """
    moments = [session.starts_at, session.ends_at, session.finish_latest_at]
    moments += [row.visit.ended_at for row in rows if row.visit.ended_at is not None]
    moments += [row.visit.started_at for row in rows if row.visit.started_at is not None]
    first = _floor(min(moments))
    last = max(moments) + timedelta(minutes=10)

    def place(moment: datetime) -> float:
        return round(MARGIN + MINUTE * (moment - first).total_seconds() / 60, 1)

    bars: list[Bar] = []
    free = [float("-inf")] * LANES
    for row in sorted(rows, key=_begins):
        drawn = _span(row, now)
        if drawn is None or row.visit.starts_at is None:
            continue
        kind, low, high, mark = drawn
        x, end = place(low), place(high)
        lane = next((one for one, until in enumerate(free) if until <= x), LANES - 1)
        free[lane] = end + 4
        bars.append(
            Bar(
                row, kind, x, max(3.0, end - x), lane, place(row.visit.starts_at),
                None if mark is None else place(mark),
            )
        )  # fmt: skip
    lanes = max((bar.lane for bar in bars), default=0) + 1
    marks = []
    moment = first
    while moment <= last:
        marks.append((place(moment), moment))
        moment += timedelta(minutes=MARKS)
    running = session.state != "over"
    return Timeline(
        session=session,
        width=place(last) + MARGIN,
        height=lanes * LANE,
        marks=tuple(marks),
        bars=tuple(bars),
        begins=place(session.starts_at),
        ends=place(session.ends_at),
        now=place(now) if first <= now <= last else None,
        finish=(
            place(session.finish_earliest_at),
            place(session.finish_at),
            place(session.finish_latest_at),
        )
        if running
        else None,
    )


def _begins(row: Row) -> datetime:
    visit = row.visit
    begins = visit.started_at or (row.expected.earliest_at if row.expected else visit.starts_at)
    return begins or visit.created_at


def _span(row: Row, now: datetime) -> tuple[Kind, datetime, datetime, datetime | None] | None:
    """Return what is drawn of a visit, from when to when, and where its mark is."""
    visit, expected = row.visit, row.expected
    if visit.status == "completed" and visit.started_at and visit.ended_at:
        return "done", visit.started_at, visit.ended_at, None
    if visit.status == "in_consultation" and visit.started_at:
        return "running", visit.started_at, max(now, visit.started_at), None
    if visit.status == "no_show" and visit.starts_at and visit.ends_at:
        return "missing", visit.starts_at, visit.ends_at, None
    if expected is not None:
        kind: Kind = "waiting" if visit.status == "arrived" else "expected"
        return kind, expected.earliest_at, expected.latest_at, expected.expected_at
    return None


def _floor(moment: datetime) -> datetime:
    """Return the last full or half hour before a moment."""
    return moment.replace(minute=moment.minute // MARKS * MARKS, second=0, microsecond=0)
