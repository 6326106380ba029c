"""One session as it happens: in order, and as the exact evaluation says on average."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from objective import ClinicSession, Objective, ServiceTime, Weights
from serve.loop.session import ARRIVE, END, GIVEN_UP, MISS, START, Visit, steps_of

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Return a moment, by minutes from nine."""
    return NINE + timedelta(minutes=minutes)


def visit(
    name: str, due: float, takes: float, early: float | None = 5.0, walk_in: bool = False
) -> Visit:
    """Return a visit, by minutes; without ``early`` the patient stays away."""
    arrives = None if early is None else at(due - early)
    return Visit(name, at(due), arrives, timedelta(minutes=takes), walk_in)


def test_a_session_by_hand():
    """Two at nine, one who stays away, a walk-in between, and one who finds an idle provider."""
    visits = [
        visit("a", 0, 10), visit("b", 0, 10), visit("c", 10, 5, early=None),
        visit("w", 12, 6, early=0, walk_in=True), visit("d", 15, 5), visit("e", 60, 5),
    ]  # fmt: skip
    told = {(one.visit.name, one.kind): one.at for one in steps_of(visits, NINE)}
    starts = {name: moment for (name, kind), moment in told.items() if kind == START}
    assert starts == {"a": at(0), "b": at(10), "w": at(20), "d": at(26), "e": at(60)}
    assert told["c", MISS] == at(10) + GIVEN_UP
    assert told["d", END] == at(31)
    assert told["w", ARRIVE] == at(12)
    assert ("c", ARRIVE) not in told


def test_nobody_is_called_before_the_own_appointment_nor_forgotten():
    """In the order of time, one at a time, whoever comes and however late."""
    generator = np.random.default_rng(1)
    for _ in range(50):
        visits = [
            visit(str(number), 10 * (number // 2), generator.gamma(2, 6),
                  None if generator.random() < 0.2 else generator.uniform(-8, 10))
            for number in range(10)
        ]  # fmt: skip
        steps = steps_of(visits, NINE)
        assert [one.at for one in steps] == sorted(one.at for one in steps)
        busy = NINE
        for one in steps:
            if one.kind == START:
                assert one.at >= max(busy, one.visit.due, one.visit.arrives or one.at)
                busy = one.at + one.visit.takes
        kinds = {one.name: [step.kind for step in steps if step.visit is one] for one in visits}
        for one in visits:
            assert kinds[one.name] == ([MISS] if one.arrives is None else [ARRIVE, START, END])


def test_many_sessions_are_what_the_exact_evaluation_says():
    """Waiting, idle time and overtime of 4,000 sessions, within four standard errors."""
    schedule = [2, 1, 0, 1, 1, 0, 1, 1, 0, 0]
    law = ServiceTime.from_dict({"law": "gamma", "mean": 12.0, "cv": 0.6})
    session = ClinicSession(sum(schedule), len(schedule), 10.0, law, 0.15)
    exact = Objective(session, Weights(waiting=1, idle=1, tardiness=1), step=0.1)(schedule).row(0)
    generator = np.random.default_rng(2)
    due = np.repeat(10.0 * np.arange(len(schedule)), schedule)
    waits, idle, late, shown = [], [], [], []
    for _ in range(4_000):
        visits = [
            visit(str(number), minutes, generator.gamma(0.6**-2, 12 * 0.6**2),
                  None if generator.random() < 0.15 else 5.0)
            for number, minutes in enumerate(due)
        ]  # fmt: skip
        steps = steps_of(visits, NINE)
        waits.append(
            sum((one.at - one.visit.due).total_seconds() for one in steps if one.kind == START) / 60
        )
        last = max((one.at for one in steps if one.kind == END), default=NINE)
        ends = max(last, at(100))
        work = sum(
            (one.visit.takes for one in steps if one.kind == START), timedelta()
        ).total_seconds() / 60  # fmt: skip
        late.append(max(0.0, (last - at(100)).total_seconds() / 60))
        idle.append((ends - NINE).total_seconds() / 60 - work)
        shown.append(sum(one.kind == START for one in steps))
    seen = np.mean(shown)
    for found, expected in (
        (np.array(waits) / seen, exact["waiting"]), (np.array(idle), exact["idle"]),
        (np.array(late), exact["tardiness"]),
    ):  # fmt: skip
        assert found.mean() == pytest.approx(expected, abs=4 * found.std() / np.sqrt(4_000))
