"""Free seats in the order in which to offer them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from serve.booking.holding import book, hold
from serve.booking.searching import FoundSeat, Wish, search_seats
from serve.booking.who import Who
from serve.database import db, reading, transaction
from serve.models import ClinicDay, Practice, Preference, Provider, Seat, VisitType
from tests.serve.booking.conftest import PATIENT, STAFF, START, Books, add_day
from tests.serve.conftest import NOW

WEEK = (date(2026, 3, 2), date(2026, 3, 8))
MINUTE = timedelta(minutes=1)


def search(
    books: Books, now: datetime = NOW, who: Who = PATIENT, limit: int = 200, **wish: Any
) -> list[FoundSeat]:
    """Return what is found in the week of the clock's moment."""
    order = wish.pop("order", "recommended")
    first, last = wish.pop("window", WEEK)
    with reading() as session:
        practice = session.get_one(Practice, books.clinic.practice)
        visit_type = session.get_one(VisitType, books.clinic.visit_type)
        asked = Wish(first, last, **wish)
        return search_seats(session, practice, visit_type, asked, now, who, order, limit)


def times(found: list[FoundSeat]) -> list[datetime]:
    """Return when the seats begin."""
    return [one.seat.starts_at for one in found]


def test_free_seats_are_ranked_by_what_they_cost_everybody(books: Books):
    """Each with its rank and its reason in words, the first with the least score."""
    books.do(book, books.seats[2], books.clinic.stranger, NOW, STAFF)
    found = search(books)
    assert [one.rank for one in found] == [1, 2, 3, 4, 5]
    scores = [one.ranked.score for one in found]
    assert scores == sorted(scores)
    assert START + 20 * MINUTE not in times(found)
    assert "your own wait" in found[0].ranked.explanation
    assert found[0].ranked.begins == found[0].seat.starts_at
    assert times(search(books, order="earliest")) == sorted(times(found))
    assert len(search(books, limit=2)) == 2


def test_seats_at_the_same_time_are_found_once(books: Books):
    """And the second while the first is held; an extra seat is not found."""
    _, seats = books.add_day(starts_at=START + timedelta(days=1), schedule=[2, 0, 1])
    window = (date(2026, 3, 6), date(2026, 3, 6))
    assert [one.seat.id for one in search(books, window=window, order="earliest")] == [
        seats[0],
        seats[2],
    ]
    books.do(hold, seats[0], books.clinic.stranger, NOW, STAFF)
    held = search(books, window=window, order="earliest")
    assert [one.seat.id for one in held] == seats[1:]
    books.set(Seat, seats[1], extra=True, reason="urgent")
    assert len(search(books, window=window)) == 1
    over = search(books, now=NOW + 10 * MINUTE, window=window)
    assert {one.seat.id for one in over} == {seats[0], seats[2]}


def test_what_nobody_gets_is_not_found(books: Books):
    """Withdrawn seats, closed days, inactive providers, other providers, types and dates."""
    books.set(Seat, books.seats[0], withdrawn=True)
    assert len(search(books)) == 5
    other = books.add_provider("Dr Koole")
    assert search(books, provider_id=other) == []
    assert len(search(books, provider_id=books.clinic.provider)) == 5
    assert search(books, window=(date(2026, 3, 6), date(2026, 3, 9))) == []
    books.set(ClinicDay, books.day, open=False)
    assert search(books) == []
    books.set(ClinicDay, books.day, open=True)
    books.set(Provider, books.clinic.provider, active=False)
    assert search(books) == []
    books.set(Provider, books.clinic.provider, active=True)
    books.set(VisitType, books.clinic.visit_type, active=False)
    assert search(books) == []


def test_a_patient_finds_what_the_patient_can_take(books: Books):
    """Not what overlaps, unless that appointment is the one to be moved; not too late."""
    other = books.add_provider("Dr Koole")
    books.add_day(provider=other, starts_at=START + 5 * MINUTE)
    patient = books.clinic.patient
    made = books.do(book, books.seats[2], patient, NOW, PATIENT)
    free = search(books, patient_id=patient, provider_id=other)
    assert sorted(times(free)) == [START + m * MINUTE for m in (5, 35, 45, 55)]
    moving = search(books, patient_id=patient, provider_id=other, moving=made.id)
    assert len(moving) == 6
    late = START - 45 * MINUTE
    assert min(times(search(books, now=late))) == START + 15 * MINUTE
    assert min(times(search(books, now=late, who=STAFF))) == START
    assert min(times(search(books, now=START + 12 * MINUTE, who=STAFF))) == START + 15 * MINUTE


def test_preferences_are_the_patients_unless_others_are_named(books: Books):
    """Stored ones count by default; the seat says which it meets."""
    other = books.add_provider("Dr Koole")
    books.add_day(provider=other)
    patient = books.clinic.patient

    def prefer(session: Any) -> None:
        session.add(
            Preference(
                patient_id=patient,
                providers=[str(other)],
                weekdays=["thursday"],
                times=[["09:30", "12:00"]],
            )
        )

    transaction(prefer)
    first = search(books, patient_id=patient)[0]
    assert first.day.provider_id == other
    assert first.ranked.met == ("provider", "weekday", "time")
    assert first.seat.starts_at >= START + 30 * MINUTE
    named = search(
        books,
        patient_id=patient,
        providers=(books.clinic.provider,),
        weekdays=(),
        times=((time(9, 0), time(9, 10)),),
    )[0]
    assert (named.day.provider_id, named.seat.starts_at) == (books.clinic.provider, START)
    assert named.ranked.met == ("provider", "time")


@pytest.mark.parametrize(
    ("zone", "starts", "local"),
    [
        ("Europe/Amsterdam", datetime(2026, 3, 29, 7, 0, tzinfo=UTC), time(9)),
        ("Europe/Amsterdam", datetime(2026, 10, 25, 8, 0, tzinfo=UTC), time(9)),
        ("America/New_York", datetime(2026, 3, 8, 13, 0, tzinfo=UTC), time(9)),
        ("America/New_York", datetime(2026, 11, 1, 14, 0, tzinfo=UTC), time(9)),
        ("Asia/Kathmandu", datetime(2026, 3, 2, 3, 15, tzinfo=UTC), time(9)),
    ],
)
def test_days_and_times_are_those_of_the_practices_clock(
    books: Books, zone: str, starts: datetime, local: time
):
    """On both days on which clocks change, and where they are three quarters of an hour off."""
    books.set(Practice, books.clinic.practice, zone=zone)
    books.add_day(starts_at=starts, zone=zone)
    day = starts.date()
    found = search(
        books,
        now=starts - timedelta(days=2),
        window=(day, day),
        order="earliest",
        times=((local, time(9, 10)),),
    )
    assert len(found) == 6
    assert found[0].ranked.begins.time() == local
    assert found[0].ranked.met == ("time",)


def test_sessions_with_different_patients_are_ranked_too(books: Books):
    """By their common law, because it is not known who will be booked."""
    session = {
        "patients": 6, "intervals": 6, "interval_length": 10,
        "service_time": {"law": "exponential", "mean": 9},
        "patient_types": {"new": {"service_time": {"law": "gamma", "mean": 15, "cv": 0.6}},
                          "return": {}},
        "order": ["new", "return", "return", "new", "return", "return"],
    }  # fmt: skip
    weights = {"waiting": 0.4, "idle": 0.2, "tardiness": 0.4}
    books.set(ClinicDay, books.day, objective={"session": session, "weights": weights})
    assert len(search(books)) == 6


def test_a_month_of_six_providers_is_searched_at_once(books: Books):
    """In a handful of queries, however many seats there are."""
    long = [1, 0] * 24
    providers = [books.clinic.provider, *(books.add_provider(f"Dr {n}") for n in range(5))]

    def fill(session: Any) -> None:
        for provider in providers:
            for day in range(28):
                starts_at = START + timedelta(days=day + 4)
                add_day(session, books.clinic, starts_at, long, provider)

    transaction(fill)
    statements: list[str] = []
    window = (date(2026, 3, 9), date(2026, 4, 5))

    def count(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        found = search(books, window=window, patient_id=books.clinic.patient)
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    assert len(found) == 200
    # Practice and type of visit, days, seats, the patient's appointments and preferences.
    assert len([one for one in statements if one.startswith("SELECT")]) <= 7
