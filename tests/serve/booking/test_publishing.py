"""Sessions published from availability, and published again."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from objective import InvalidInput
from serve.database import transaction
from serve.errors import Conflict
from serve.models import (
    Appointment,
    AvailabilityException,
    AvailabilityRule,
    ClinicDay,
    Event,
    Patient,
    Provider,
    Seat,
    VisitType,
)
from tests.serve.booking.ground import (
    TUESDAY,
    add,
    add_location,
    add_provider,
    add_room,
    add_rule,
    add_template,
    book,
    clinic_days,
    counts,
    publish_dates,
    seats_of,
)
from tests.serve.conftest import NOW, Clinic


@pytest.fixture(autouse=True)
def _context(app: APIFlask) -> Any:
    """Everything here is done in the application's context."""
    with app.app_context():
        yield


def test_a_template_becomes_sessions_with_seats(clinic: Clinic):
    """On each Tuesday of three weeks; doing it again changes nothing."""
    add_rule(clinic)
    template = add_template(clinic, "usual", [2, 0, 1, 1, 0, 1])
    last = TUESDAY + timedelta(days=14)
    found = publish_dates(clinic, template, last=last)
    done = [one for one in found if one.done == "published"]
    assert [one.day for one in done] == [TUESDAY + timedelta(days=7 * week) for week in range(3)]
    others = [one for one in found if one.done != "published"]
    assert {(one.done, one.reason) for one in others} == {("left_out", "no_availability")}
    assert len(others) == 12
    days = clinic_days(clinic)
    assert [day.starts_at for day in days] == [
        datetime(2026, 3, day, 8, tzinfo=UTC) for day in (3, 10, 17)
    ]
    assert days[0].ends_at - days[0].starts_at == timedelta(minutes=60)
    seats = seats_of(days[0].id)
    assert [(seat.interval, seat.number) for seat in seats] == [
        (0, 0), (0, 1), (2, 0), (3, 0), (5, 0),
    ]  # fmt: skip
    assert [(seat.starts_at - days[0].starts_at).seconds // 60 for seat in seats] == [
        0, 0, 20, 30, 50,
    ]  # fmt: skip
    assert all(seat.ends_at - seat.starts_at == timedelta(minutes=10) for seat in seats)
    again = publish_dates(clinic, template, last=last)
    assert [one.done for one in again if one.day in {day.day for day in days}] == ["unchanged"] * 3
    assert [one.version for one in clinic_days(clinic)] == [1, 1, 1]
    assert {seat.id: seat.version for seat in seats_of(days[0].id)} == {
        seat.id: 1 for seat in seats
    }
    events = transaction(lambda session: list(session.scalars(select(Event))))
    assert [one.kind for one in events] == ["clinic_day.published"] * 3
    assert {one.subject_id for one in events} == {day.id for day in days}


def test_sessions_keep_the_wall_clock_over_the_change_of_the_clocks(clinic: Clinic):
    """Nine o'clock in Amsterdam is eight and then seven in UTC."""
    add_rule(clinic, recurrence="FREQ=DAILY")
    publish_dates(clinic, first=date(2026, 3, 28), last=date(2026, 3, 29))
    assert [day.starts_at.hour for day in clinic_days(clinic)] == [8, 7]


def test_a_date_without_a_template_takes_the_default_rule(clinic: Clinic):
    """One patient per mean consultation; 60 minutes hold 7 of 9 minutes of whom a tenth miss."""
    add_rule(clinic)
    (one,) = publish_dates(clinic)
    assert one.done == "published"
    (day,) = clinic_days(clinic)
    assert (day.rule, day.template_id) == ("individual", None)
    assert counts(seats_of(day.id), 6) == [2, 1, 1, 1, 1, 1]
    assert day.objective["session"]["patients"] == 7
    assert [one.done for one in publish_dates(clinic)] == ["unchanged"]

    def welch(session: Any) -> None:
        session.get_one(VisitType, clinic.visit_type).default_rule = "bailey_welch"

    transaction(welch)
    assert [one.done for one in publish_dates(clinic)] == ["changed"]
    assert clinic_days(clinic)[0].rule == "bailey_welch"


@pytest.mark.parametrize(
    "law",
    [
        {"law": "gamma", "mean": 9, "cv": 0.7},
        {"law": "empirical", "durations": [5.0, 7.5, 20.0]},
        {"law": "rounded", "of": {"law": "lognormal", "mean": 9, "cv": 0.5}, "step": 1},
    ],
)
def test_publishing_a_rule_again_changes_nothing_for_any_law(clinic: Clinic, law: dict[str, Any]):
    """What the database gives back is what was put in."""
    add_rule(clinic)

    def change(session: Any) -> None:
        session.get_one(VisitType, clinic.visit_type).service_time = law

    transaction(change)
    assert [one.done for one in publish_dates(clinic)] == ["published"]
    assert [one.done for one in publish_dates(clinic)] == ["unchanged"]


def test_a_rule_has_its_own_template_unless_one_is_given(clinic: Clinic):
    """The given one goes before it."""
    own = add_template(clinic, "own", [1, 1, 1, 1, 1, 1])
    given = add_template(clinic, "given", [3, 0, 0, 3, 0, 0])
    add_rule(clinic, template_id=own)
    publish_dates(clinic)
    assert clinic_days(clinic)[0].template_id == own
    assert [one.done for one in publish_dates(clinic, given)] == ["changed"]
    assert clinic_days(clinic)[0].template_id == given


def test_what_does_not_fit_is_left_out_and_the_rest_published(clinic: Clinic):
    """A template of 60 minutes; on the second Tuesday half an hour is left of the block."""
    add_rule(clinic)
    second = TUESDAY + timedelta(days=7)
    add(
        AvailabilityException(
            provider_id=clinic.provider, day=second, kind="away", starts=time(9), minutes=30
        )
    )
    template = add_template(clinic, "usual", [1] * 6)
    found = publish_dates(clinic, template, last=TUESDAY + timedelta(days=14))
    blocks = [one for one in found if one.starts_at is not None]
    assert [(one.done, one.reason) for one in blocks] == [
        ("published", None),
        ("left_out", "does_not_fit"),
        ("published", None),
    ]
    short = add_template(clinic, "short", [1, 1, 1])
    (rest,) = publish_dates(clinic, short, first=second)
    assert rest.done == "published"
    assert rest.starts_at == datetime(2026, 3, 10, 8, 30, tzinfo=UTC)


def test_a_room_or_a_provider_is_in_one_session_at_a_time(clinic: Clinic):
    """The constraints of the database decide, date by date."""
    room, other = add_room(clinic), add_provider(clinic)
    add_rule(clinic, room_id=room)
    # The other provider has the room half an hour later, on Tuesdays and on Thursdays.
    add_rule(
        clinic, provider_id=other, room_id=room, starts=time(9, 30),
        recurrence="FREQ=WEEKLY;BYDAY=TU,TH",
    )  # fmt: skip
    found = publish_dates(clinic, last=TUESDAY + timedelta(days=2), everybody=True)
    assert [(one.provider_id, one.done, one.reason) for one in found] == [
        (clinic.provider, "published", None),
        (other, "left_out", "room_busy"),
        (other, "published", None),
    ]
    add_rule(clinic, starts=time(9, 30))
    found = publish_dates(clinic)
    assert [(one.done, one.reason) for one in found] == [
        ("unchanged", None),
        ("left_out", "provider_busy"),
    ]
    assert len(clinic_days(clinic)) == 2
    for day in clinic_days(clinic):
        assert len(seats_of(day.id)) == 7


def test_appointments_are_pinned_when_another_template_is_published(clinic: Clinic):
    """Each keeps its seat; the number of seats is that of the new schedule."""
    add_rule(clinic)
    old = add_template(clinic, "old", [2, 1, 0, 1, 0, 1])
    new = add_template(clinic, "new", [1, 0, 2, 1, 1, 0])
    publish_dates(clinic, old)
    (day,) = clinic_days(clinic)
    seats = seats_of(day.id)
    # In interval 0, which has a place in the new schedule, and in interval 5, which has none.
    kept = [book(clinic, seats[0]), book(clinic, seats[4])]
    free_after_all = book(clinic, seats[2], "cancelled_by_patient", clinic.stranger)
    assert [one.done for one in publish_dates(clinic, new)] == ["changed"]
    (changed,) = clinic_days(clinic)
    assert (changed.id, changed.template_id) == (day.id, new)
    after = {seat.id: seat for seat in seats_of(day.id)}
    for one in (seats[0], seats[4]):
        assert (after[one.id].starts_at, after[one.id].interval) == (one.starts_at, one.interval)
        assert not after[one.id].withdrawn
    # The place nearest to interval 5 is left out: five seats, as many as in the new schedule.
    assert counts(list(after.values()), 6) == [1, 0, 2, 1, 0, 1]
    # The second seat of interval 0 was never used and is gone; that of interval 1 is withdrawn.
    assert seats[1].id not in after
    assert after[seats[2].id].withdrawn
    # The seat of interval 3 is in both schedules.
    assert after[seats[3].id].version == 1
    assert kept != free_after_all
    assert [one.done for one in publish_dates(clinic, new)] == ["unchanged"]
    # Back again: the withdrawn seat can be booked again.
    assert [one.done for one in publish_dates(clinic, old)] == ["changed"]
    back = seats_of(day.id)
    assert counts(back, 6) == [2, 1, 0, 1, 0, 1]
    assert seats[2].id in {seat.id for seat in back if not seat.withdrawn}


def test_booking_between_two_publications_changes_nothing(clinic: Clinic):
    """The seat that is taken counts as the place that it had."""
    add_rule(clinic)
    template = add_template(clinic, "usual", [1, 1, 1, 1, 1, 1])
    publish_dates(clinic, template)
    (day,) = clinic_days(clinic)
    book(clinic, seats_of(day.id)[2], "booked")
    assert [one.done for one in publish_dates(clinic, template)] == ["unchanged"]


def test_extra_seats_of_the_staff_stay_beside_the_schedule(clinic: Clinic):
    """Taken or not, they count for nothing in it."""
    add_rule(clinic)
    template = add_template(clinic, "usual", [1, 1, 1, 1, 1, 1])
    other = add_template(clinic, "other", [0, 1, 1, 1, 1, 2])
    publish_dates(clinic, template)
    (day,) = clinic_days(clinic)
    for number, status in ((1, "booked"), (2, None)):
        starts_at = day.starts_at
        extra = Seat(
            clinic_day_id=day.id, interval=0, number=number, starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=10), extra=True, reason="urgent",
        )  # fmt: skip
        add(extra)
        if status is not None:
            book(clinic, extra, status)
    assert [one.done for one in publish_dates(clinic, template)] == ["unchanged"]
    publish_dates(clinic, other)
    seats = seats_of(day.id)
    assert counts([seat for seat in seats if not seat.extra], 6) == [0, 1, 1, 1, 1, 2]
    assert sum(seat.extra for seat in seats) == 2


def test_a_template_with_other_intervals_finds_pinned_seats_a_place(clinic: Clinic):
    """From six intervals of ten minutes to twelve of five: the moment stays, the number changes."""
    add_rule(clinic)
    coarse = add_template(clinic, "coarse", [1, 1, 1, 1, 1, 1])
    fine = add_template(clinic, "fine", [1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 1], interval=5.0)
    publish_dates(clinic, coarse)
    (day,) = clinic_days(clinic)
    seats = seats_of(day.id)
    book(clinic, seats[2])
    book(clinic, seats[1], patient=clinic.stranger)
    publish_dates(clinic, fine)
    after = {seat.id: seat for seat in seats_of(day.id)}
    assert after[seats[2].id].starts_at == seats[2].starts_at
    assert after[seats[2].id].interval == 4
    # The one at ten minutes has no place in the new schedule; that at the start is left out.
    assert after[seats[1].id].interval == 2
    assert counts(list(after.values()), 12) == [0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1]
    for seat in after.values():
        minutes = (seat.starts_at - day.starts_at) / timedelta(minutes=1)
        assert minutes == 5 * seat.interval
    assert [one.done for one in publish_dates(clinic, fine)] == ["unchanged"]


def test_a_shorter_session_does_not_leave_appointments_after_its_end(clinic: Clinic):
    """It is left out; without the appointment it is done."""
    add_rule(clinic)
    publish_dates(clinic, add_template(clinic, "long", [1] * 6))
    (day,) = clinic_days(clinic)
    appointment = book(clinic, seats_of(day.id)[5])
    short = add_template(clinic, "short", [2, 2, 2])
    (one,) = publish_dates(clinic, short)
    assert (one.done, one.reason) == ("left_out", "appointments_after")
    assert clinic_days(clinic)[0].ends_at == day.ends_at
    assert counts(seats_of(day.id), 6) == [1] * 6

    def cancel(session: Any) -> None:
        session.get_one(Appointment, appointment).status = "cancelled_by_patient"

    transaction(cancel)
    assert [one.done for one in publish_dates(clinic, short)] == ["changed"]
    assert counts(seats_of(day.id), 6) == [2, 2, 2, 0, 0, 0]


def test_nobody_is_sent_to_another_location(clinic: Clinic):
    """A session with appointments stays where it is; an empty one moves."""
    rule = add_rule(clinic)
    publish_dates(clinic)
    (day,) = clinic_days(clinic)
    side = add_location(clinic)

    def move(session: Any) -> None:
        session.get_one(AvailabilityRule, rule).location_id = side

    transaction(move)
    appointment = book(clinic, seats_of(day.id)[0])
    (one,) = publish_dates(clinic)
    assert (one.done, one.reason) == ("left_out", "appointments_elsewhere")

    def cancel(session: Any) -> None:
        session.get_one(Appointment, appointment).status = "cancelled_by_practice"

    transaction(cancel)
    assert [one.done for one in publish_dates(clinic)] == ["changed"]
    assert clinic_days(clinic)[0].location_id == side


def test_a_change_of_rooms_that_is_refused_leaves_everything_as_it_was(clinic: Clinic):
    """Also the seats, which would have changed with it."""
    room, other = add_room(clinic), add_provider(clinic)
    rule = add_rule(clinic)
    template = add_template(clinic, "usual", [1] * 6)
    publish_dates(clinic, template)
    add_rule(clinic, provider_id=other, room_id=room)
    publish_dates(clinic, template, provider=other)

    def into(session: Any) -> None:
        session.get_one(AvailabilityRule, rule).room_id = room

    transaction(into)
    (one,) = publish_dates(clinic, add_template(clinic, "new", [6, 0, 0, 0, 0, 0]))
    assert (one.done, one.reason) == ("left_out", "room_busy")
    first = next(day for day in clinic_days(clinic) if day.provider_id == clinic.provider)
    assert (first.room_id, first.template_id) == (None, template)
    assert counts(seats_of(first.id), 6) == [1] * 6


def test_sessions_that_began_and_providers_who_left_are_left_out(clinic: Clinic):
    """Whatever else is published."""
    add_rule(clinic)
    begun = datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert [one.reason for one in publish_dates(clinic, now=begun)] == ["begun"]

    def leave(session: Any) -> None:
        session.get_one(Provider, clinic.provider).active = False

    transaction(leave)
    assert [one.reason for one in publish_dates(clinic)] == ["provider_inactive"]
    assert publish_dates(clinic, everybody=True) == []


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (date(2026, 3, 1), date(2026, 3, 3), "first"),
        (date(2026, 3, 3), date(2026, 3, 2), "last"),
        (date(2026, 3, 3), date(2027, 3, 8), "last"),
        (date(2027, 3, 1), date(2027, 3, 8), "last"),
        (date(2027, 3, 8), date(2027, 3, 8), "last"),
    ],
)
def test_dates_are_from_today_to_a_year_ahead(clinic: Clinic, first: date, last: date, field: str):
    """Others are refused with the field."""
    with pytest.raises(InvalidInput) as refused:
        publish_dates(clinic, first=first, last=last)
    assert refused.value.field == field


def test_a_type_of_visit_that_is_not_offered_is_not_published(clinic: Clinic):
    """A conflict, as it could be offered again."""

    def stop(session: Any) -> None:
        session.get_one(VisitType, clinic.visit_type).active = False

    transaction(stop)
    with pytest.raises(Conflict) as refused:
        publish_dates(clinic)
    assert refused.value.reason == "visit_type_inactive"


def test_intervals_need_not_be_whole_minutes(clinic: Clinic):
    """Nine of 6 minutes and 40 seconds; their starts are found again."""
    add_rule(clinic)
    template = add_template(clinic, "thirds", [1] * 9, interval=20 / 3)
    assert [one.done for one in publish_dates(clinic, template)] == ["published"]
    (day,) = clinic_days(clinic)
    assert day.ends_at - day.starts_at == timedelta(minutes=60)
    assert seats_of(day.id)[3].starts_at - day.starts_at == timedelta(minutes=20)
    assert [one.done for one in publish_dates(clinic, template)] == ["unchanged"]


def test_whatever_is_published_and_booked_nobody_is_moved(clinic: Clinic):
    """Random templates, bookings and cancellations; the seats always add up."""
    chance = random.Random(0)
    add_rule(clinic)
    schedules = {
        add_template(clinic, "a", [3, 0, 0, 3, 0, 0]): (10, [3, 0, 0, 3, 0, 0]),
        add_template(clinic, "b", [1, 1, 1, 1, 1, 1]): (10, [1, 1, 1, 1, 1, 1]),
        add_template(clinic, "c", [2, 0, 1] * 4, 5.0): (5, [2, 0, 1] * 4),
        add_template(clinic, "d", [1, 2, 0, 1], 15.0): (15, [1, 2, 0, 1]),
    }
    publish_dates(clinic, next(iter(schedules)))
    (day,) = clinic_days(clinic)
    held: dict[Any, tuple[Any, datetime]] = {}
    for turn in range(40):
        seats = {seat.id: seat for seat in seats_of(day.id)}
        free = [one for one in seats.values() if not one.withdrawn and one.id not in held]
        if free and chance.random() < 0.6:
            seat = chance.choice(free)
            patient = add(Patient(practice_id=clinic.practice, name=f"Patient {turn}"))
            held[seat.id] = book(clinic, seat, patient=patient), seat.starts_at
        if held and chance.random() < 0.4:
            appointment, _ = held.pop(chance.choice(list(held)))

            def cancel(session: Any, appointment: Any = appointment) -> None:
                session.get_one(Appointment, appointment).status = "cancelled_by_patient"

            transaction(cancel)
        template = chance.choice(list(schedules))
        minutes, schedule = schedules[template]
        (one,) = publish_dates(clinic, template)
        assert one.done in ("changed", "unchanged")
        seats = {seat.id: seat for seat in seats_of(day.id)}
        for identifier, (_, starts_at) in held.items():
            assert seats[identifier].starts_at == starts_at
            into = (starts_at - day.starts_at) / timedelta(minutes=minutes)
            assert seats[identifier].interval == int(into)
        free = [one for one in seats.values() if not one.withdrawn and one.id not in held]
        assert len(free) == max(sum(schedule) - len(held), 0)
        left = counts(free, len(schedule))
        assert all(some <= planned for some, planned in zip(left, schedule, strict=True))
        assert [one.done for one in publish_dates(clinic, template)] == ["unchanged"]


def test_a_year_is_published_at_once(clinic: Clinic):
    """Every day, on 29 February too, in a few seconds."""
    add_rule(clinic, recurrence="FREQ=DAILY")
    last = NOW.date() + timedelta(days=369)
    found = publish_dates(clinic, first=NOW.date() + timedelta(days=1), last=last)
    assert {one.done for one in found} == {"published"}
    assert len(found) == 369
    assert transaction(lambda session: session.query(ClinicDay).count()) == 369
