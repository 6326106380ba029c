"""Rules drawn at random, in any order, do what a model in plain Python says."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from serve.booking.changing import cancel, move
from serve.booking.expiry import expire_holds
from serve.booking.holding import book, confirm, hold, request_visit
from serve.booking.status import STEPS, step
from serve.booking.undoing import undo
from serve.database import reading
from serve.errors import Conflict
from serve.models import Appointment, ClinicDay, Seat, VisitType
from serve.models.appointment import BUSY, HOLDING
from tests.serve.booking.conftest import PATIENT, STAFF, Books
from tests.serve.conftest import Clinic, make_clinic

MINUTE = timedelta(minutes=1)
BEGIN = datetime(2026, 3, 2, 6, tzinfo=UTC)
BOOK_NOTICE, CANCEL_NOTICE, HOLD = 30, 60, 10
#: Minutes at which seats begin: two providers, whose seats overlap each other's.
FIRST, SECOND = [90, 100], [95, 105]
names = count()


@dataclass(frozen=True)
class State:
    """What an appointment is."""

    status: str
    patient: int
    seat: int | None
    until: int | None = None


@dataclass
class Expected:
    """The books as they should be; times are minutes from the beginning."""

    now: int = 0
    closed: set[int] = field(default_factory=set)
    withdrawn: set[int] = field(default_factory=set)
    states: list[State] = field(default_factory=list)
    #: What each appointment was before each step that was not taken back.
    before: list[list[State]] = field(default_factory=list)

    def starts(self, seat: int) -> int:
        """Return when a seat begins."""
        return (FIRST + SECOND)[seat]

    def over(self, state: State) -> bool:
        """Return whether a hold is over."""
        return state.status == "held" and state.until is not None and state.until <= self.now

    def refusals(
        self, seat: int, patient: int, staff: bool, moved: int | None = None
    ) -> tuple[str, ...]:
        """Return the reasons for which a patient does not get a seat; several are alike."""
        if seat // 2 in self.closed:
            return ("closed",)
        if seat in self.withdrawn:
            return ("withdrawn",)
        if self.starts(seat) <= self.now:
            return ("past",)
        if not staff and self.now > self.starts(seat) - BOOK_NOTICE:
            return ("notice",)
        return self.clashes(seat, patient, moved)

    def clashes(
        self, seat: int, patient: int, moved: int | None, busy: bool = True
    ) -> tuple[str, ...]:
        """Return what the constraints say."""
        found = []
        for number, state in enumerate(self.states):
            if number == moved or state.seat is None or self.over(state):
                continue
            if state.seat == seat and state.status in HOLDING:
                found.append("seat_taken")
            near = abs(self.starts(state.seat) - self.starts(seat)) < 10
            if busy and near and state.patient == patient and state.status in BUSY:
                found.append("patient_busy")
        return tuple(found)

    def end_holds(self, seat: int, patient: int, but: int | None = None) -> None:
        """End the holds in the way."""
        for number, state in enumerate(self.states):
            in_the_way = seat == state.seat or patient == state.patient
            if number != but and in_the_way and self.over(state):
                self.become(number, replace(state, status="expired", until=None))

    def become(self, number: int, state: State) -> None:
        """Take a step."""
        self.before[number].append(self.states[number])
        self.states[number] = state

    def add(self, state: State) -> None:
        """Add an appointment."""
        self.states.append(state)
        self.before.append([])


class Booking(RuleBasedStateMachine):
    """The rules beside the model."""

    @initialize(now=st.sampled_from((0, 25, 45, 55, 65, 85)))
    def begin(self, now: int) -> None:
        """A clinic of two providers, whose seats overlap, and three patients, at some moment."""
        clinic: Clinic = make_clinic(f"machine{next(names)}")
        self.books = Books(clinic)
        notice = {"book_notice_minutes": BOOK_NOTICE, "cancel_notice_minutes": CANCEL_NOTICE}
        self.books.set(VisitType, clinic.visit_type, **notice)
        other = self.books.add_provider("Dr Koole")
        one, first = self.books.add_day(starts_at=BEGIN + 90 * MINUTE, schedule=[1] * 2)
        two, second = self.books.add_day(
            starts_at=BEGIN + 95 * MINUTE, schedule=[1] * 2, provider=other
        )
        self.days, self.seats = [one, two], first + second
        self.patients = [clinic.patient, clinic.stranger, self.books.add_patient()]
        self.made: list[UUID] = []
        self.expected = Expected(now)

    @property
    def now(self) -> datetime:
        """The moment."""
        return BEGIN + self.expected.now * MINUTE

    def expect(self, reasons: tuple[str, ...], act: Callable[[], Any]) -> Any:
        """Do something that is refused for one of some reasons, or done if there is none."""
        refused, done = None, None
        try:
            done = act()
        except Conflict as error:
            refused = error.reason
        assert refused in (reasons or (None,))
        return done

    def of(self, number: int) -> Any:
        """Return an appointment."""
        return self.books.get(Appointment, self.made[number])

    seats_ = st.integers(0, 3)
    patients_ = st.integers(0, 2)

    @rule(seat=seats_, patient=patients_, staff=st.booleans(), held=st.booleans())
    def take(self, seat: int, patient: int, staff: bool, held: bool) -> None:
        """Hold or book a seat."""
        reasons = self.expected.refusals(seat, patient, staff)
        holds = [
            one
            for one in self.expected.states
            if one.patient == patient and one.status == "held" and not self.expected.over(one)
        ]
        if not reasons or reasons[0] in ("seat_taken", "patient_busy"):
            reasons = ("holds",) if not staff and len(holds) >= 5 else reasons
        who = STAFF if staff else PATIENT
        taking = hold if held else book
        made = self.expect(
            reasons,
            lambda: self.books.do(taking, self.seats[seat], self.patients[patient], self.now, who),
        )
        if made is not None:
            self.expected.end_holds(seat, patient)
            until = self.expected.now + HOLD if held else None
            self.expected.add(State("held" if held else "booked", patient, seat, until))
            self.made.append(made.id)

    @rule(patient=patients_)
    def ask(self, patient: int) -> None:
        """Request a visit."""
        kind = self.books.clinic.visit_type
        made = self.books.do(request_visit, self.patients[patient], kind, self.now, PATIENT)
        self.expected.add(State("requested", patient, None))
        self.made.append(made.id)

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def confirm(self, data: Any) -> None:
        """Book what is held."""
        number, state = self.draw(data)
        reasons: tuple[str, ...] = ()
        if state.status != "held":
            reasons = ("status",)
        elif self.expected.over(state):
            reasons = ("hold_over",)
        elif state.seat is not None:
            found = self.expected.refusals(state.seat, state.patient, staff=True, moved=number)
            reasons = found if found and found[0] in ("closed", "withdrawn", "past") else ()
        if self.expect(reasons, lambda: self.books.do(confirm, self.of(number), self.now, PATIENT)):
            self.expected.become(number, replace(state, status="booked", until=None))

    @precondition(lambda self: self.made)
    @rule(data=st.data(), seat=seats_, staff=st.booleans())
    def move(self, data: Any, seat: int, staff: bool) -> None:
        """Move to another seat."""
        number, state = self.draw(data)
        reasons = self.expected.refusals(seat, state.patient, staff, number)
        if self.too_late(state, staff):
            reasons = ("notice",)
        if state.seat == seat:
            reasons = ("same_seat",)
        if self.expected.over(state):
            reasons = ("hold_over",)
        if state.status not in ("requested", "held", "booked"):
            reasons = ("status",)
        who = STAFF if staff else PATIENT
        if self.expect(
            reasons,
            lambda: self.books.do(move, self.of(number), self.seats[seat], self.now, who),
        ):
            self.expected.end_holds(seat, state.patient, number)
            status = "booked" if state.status == "requested" else state.status
            self.expected.become(number, replace(state, seat=seat, status=status))

    @precondition(lambda self: self.made)
    @rule(data=st.data(), staff=st.booleans())
    def cancel(self, data: Any, staff: bool) -> None:
        """Cancel."""
        number, state = self.draw(data)
        status = "cancelled_by_practice" if staff else "cancelled_by_patient"
        reasons: tuple[str, ...] = ()
        if self.too_late(state, staff):
            reasons = ("notice",)
        if not staff and state.status == "arrived":
            reasons = ("arrived",)
        if self.expected.over(state):
            reasons = ("hold_over",)
        if status not in STEPS[state.status]:
            reasons = ("status",)
        who = STAFF if staff else PATIENT
        if self.expect(reasons, lambda: self.books.do(cancel, self.of(number), self.now, who)):
            self.expected.become(number, replace(state, status=status, until=None))

    @precondition(lambda self: self.made)
    @rule(
        data=st.data(),
        status=st.sampled_from(("arrived", "in_consultation", "completed", "no_show")),
    )
    def attend(self, data: Any, status: str) -> None:
        """Record what happened."""
        number, state = self.draw(data)
        reasons = () if status in STEPS[state.status] else ("status",)
        early = state.seat is not None and self.expected.now < self.expected.starts(state.seat)
        if not reasons and status == "no_show" and early:
            reasons = ("too_early",)
        if self.expect(
            reasons, lambda: self.books.do(step, self.of(number), status, self.now, STAFF)
        ):
            self.expected.become(number, replace(state, status=status))

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def undo(self, data: Any) -> None:
        """Take the last step back."""
        number, state = self.draw(data)
        before = self.expected.before[number]
        reasons = self.undo_refused(number, state)
        if self.expect(reasons, lambda: self.books.do(undo, self.of(number), self.now, STAFF)):
            was = before.pop()
            if was.status in HOLDING and was.seat is not None:
                self.expected.end_holds(was.seat, was.patient, number)
            self.expected.states[number] = was

    def undo_refused(self, number: int, state: State) -> tuple[str, ...]:
        """Return why a step cannot be taken back."""
        if self.expected.over(state):
            return ("hold_over",)
        if not self.expected.before[number]:
            return ("nothing_to_undo",)
        was = self.expected.before[number][-1]
        if self.expected.over(was):
            return ("hold_over",)
        if was.status not in HOLDING or was.seat is None:
            return ()
        if was.seat != state.seat or state.status not in HOLDING:
            if was.seat // 2 in self.expected.closed:
                return ("closed",)
            if was.seat in self.expected.withdrawn:
                return ("withdrawn",)
        busy = was.status in BUSY
        return self.expected.clashes(was.seat, was.patient, number, busy)

    @rule(minutes=st.sampled_from((1, 5, 10, 20)))
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.expected.now += minutes

    @rule()
    def job(self) -> None:
        """End the holds that are over."""
        over = [n for n, state in enumerate(self.expected.states) if self.expected.over(state)]
        # Clinics of runs before this one are in the same database: theirs may end, too.
        assert self.books.do(expire_holds, self.now) >= len(over)
        for number in over:
            state = self.expected.states[number]
            self.expected.become(number, replace(state, status="expired", until=None))

    @rule(day=st.integers(0, 1), is_open=st.booleans())
    def close(self, day: int, is_open: bool) -> None:
        """Close or open a session."""
        self.books.set(ClinicDay, self.days[day], open=is_open)
        (self.expected.closed.discard if is_open else self.expected.closed.add)(day)

    @rule(seat=seats_, withdrawn=st.booleans())
    def withdraw(self, seat: int, withdrawn: bool) -> None:
        """Withdraw a seat, or give it back."""
        self.books.set(Seat, self.seats[seat], withdrawn=withdrawn)
        kept = self.expected.withdrawn
        (kept.add if withdrawn else kept.discard)(seat)

    def draw(self, data: Any) -> tuple[int, State]:
        """Return one of the appointments."""
        number = data.draw(st.integers(0, len(self.made) - 1))
        return number, self.expected.states[number]

    def too_late(self, state: State, staff: bool) -> bool:
        """Return whether a patient cannot leave a seat any more."""
        if staff or state.status != "booked" or state.seat is None:
            return False
        return self.expected.now > self.expected.starts(state.seat) - CANCEL_NOTICE

    @invariant()
    def the_books_are_as_expected(self) -> None:
        """Row by row."""
        if not hasattr(self, "books"):
            return
        with reading() as session:
            rows = {
                row.id: row
                for row in session.scalars(
                    select(Appointment).where(Appointment.practice_id == self.books.clinic.practice)
                )
            }
        assert set(rows) == set(self.made)
        for identifier, state in zip(self.made, self.expected.states, strict=True):
            row = rows[identifier]
            seat = None if state.seat is None else self.seats[state.seat]
            until = None if state.until is None else BEGIN + state.until * MINUTE
            assert (row.status, row.patient_id) == (state.status, self.patients[state.patient])
            assert (row.seat_id, row.held_until) == (seat, until)
            if state.seat is not None:
                assert row.starts_at == BEGIN + self.expected.starts(state.seat) * MINUTE


@pytest.mark.slow
def test_the_rules_do_what_the_model_says(books: Books):
    """On both databases, with time passing, sessions closing and steps taken back."""
    run_state_machine_as_test(
        Booking,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
