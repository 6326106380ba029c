"""One more patient in every interval, beside pricing each schedule directly."""

from dataclasses import replace

import pytest
import torch

from objective import (
    ClinicSession,
    Excess,
    InvalidInput,
    Objective,
    PatientType,
    ServiceTime,
    Square,
    Weights,
    price_additions,
)
from objective.one_more import with_one_more
from tests.cases import LONG, REAL_CLINICS, random_schedules

WEIGHTS = Weights(0.5, 0.3, 0.9)
POISSON = ClinicSession(5, 8, 5.0, ServiceTime.poisson(7.0), 0.1)
EXPONENTIAL = ClinicSession(5, 8, 5.0, ServiceTime.exponential(7.0), 0.1)
DEMANDING = PatientType(LONG, no_show=0.25, waiting_weight=3.0)


def like(objective: Objective, session: ClinicSession) -> Objective:
    """Return the same objective for another session."""
    return Objective(
        session,
        objective.weights,
        objective.idle,
        waiting_penalty=objective.waiting_penalty,
        tardiness_penalty=objective.tardiness_penalty,
        chain=objective.chain_name,
        step=objective.step,
    )


def check(objective: Objective, schedules: torch.Tensor, patient: PatientType | str | None = None):
    """Compare every interval of every schedule with direct evaluation, to 1e-9."""
    found = price_additions(objective, schedules, patient=patient)
    intervals = objective.session.intervals
    made: dict[object, Objective] = {}
    for row, schedule in enumerate(schedules):
        booked = int(schedule.sum())
        session = with_one_more(objective.session, booked, patient)
        for interval in range(intervals):
            ahead = int(schedule[: interval + 1].sum())
            one = session
            if session.order is not None:
                # The new one comes after those booked up to its interval.
                *others, new = session.order
                one = replace(session, order=[*others[:ahead], new, *others[ahead:]])
            after = schedule.clone()
            after[interval] += 1
            key = (booked, tuple(one.order or ()))
            direct = made[key] = made.get(key) or like(objective, one)
            performance = direct(after)
            seat = row * intervals + interval
            for name in ("waiting", "idle", "tardiness", "tardiness_penalty"):
                value = float(getattr(found.after, name)[seat])
                assert value == pytest.approx(float(getattr(performance, name)[0]), abs=1e-9), name
            penalty = float(performance.waiting_penalty[0]) * one.expected_shows
            assert float(found.after.waiting_penalty[seat]) == pytest.approx(penalty, abs=1e-9)
            if row == 0:
                wait = direct.profile(after).to_frame()["expected_wait"].iloc[ahead]
                assert float(found.own_wait[seat]) == pytest.approx(wait, abs=1e-9)
        if booked:
            alone = replace(
                objective.session,
                patients=booked,
                order=objective.session.order and objective.session.order[:booked],
            )
            before = like(objective, alone)(schedule)
            seats = slice(row * intervals, (row + 1) * intervals)
            for name in ("waiting", "idle", "tardiness", "tardiness_penalty"):
                wanted = getattr(before, name).expand(intervals)
                torch.testing.assert_close(
                    getattr(found.before, name)[seats], wanted, atol=1e-9, rtol=0
                )


OBJECTIVES = {
    "Poisson": Objective(POISSON, WEIGHTS),
    "exponential": Objective(EXPONENTIAL, WEIGHTS),
    "exponential on the grid": Objective(EXPONENTIAL, WEIGHTS, chain="workload"),
    "makespan": Objective(POISSON, WEIGHTS, "makespan"),
    "makespan, exponential": Objective(EXPONENTIAL, WEIGHTS, "makespan"),
    "squares": Objective(
        POISSON, WEIGHTS, waiting_penalty=Square(), tardiness_penalty=Excess(3.0)
    ),
    "a value per patient": Objective(POISSON, WEIGHTS, value_per_patient=5.0),
}  # fmt: skip


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_schedules_of_any_number_are_priced_together(name: str):
    """Empty, sparse, crowded, more than the session's patients: each as if alone."""
    schedules = torch.cat(
        [random_schedules(1, number, 8, seed=number) for number in (4, 1, 5, 5, 9)]
        + [torch.zeros(1, 8, dtype=torch.int64)]
    )
    check(OBJECTIVES[name], schedules)


@pytest.mark.parametrize("name", list(REAL_CLINICS))
def test_real_clinics(name: str):
    """Patients who differ, walk-ins, interruptions and priority."""
    session = REAL_CLINICS[name]
    patient = None if session.alike else next(iter(session.patient_types or ()))
    check(Objective(session, WEIGHTS), random_schedules(2, 6, 9, seed=1), patient)


@pytest.mark.parametrize("idle", ["session", "makespan"])
@pytest.mark.parametrize("session", [POISSON, REAL_CLINICS["patients differ"]])
def test_the_one_more_may_differ(session: ClinicSession, idle: str):
    """It has its own law, no-show and weight of waiting, and its place in the order."""
    objective = Objective(session, WEIGHTS, idle)  # type: ignore[arg-type]
    check(objective, random_schedules(2, session.patients, session.intervals), DEMANDING)


def test_only_the_seats_asked_for_in_their_order():
    """Any rows and intervals, also twice, also in many parts."""
    objective = OBJECTIVES["Poisson"]
    schedules = random_schedules(6, 5, 8)
    every = price_additions(objective, schedules)
    seats = torch.tensor([[4, 7], [0, 0], [4, 7], [5, 3], [1, 2]])
    chosen = price_additions(objective, schedules, seats)
    torch.testing.assert_close(chosen.cost, every.cost[seats[:, 0] * 8 + seats[:, 1]])
    assert len(price_additions(objective, schedules, []).cost) == 0
    assert len(price_additions(objective, schedules[:0]).cost) == 0


def test_parts_do_not_matter(monkeypatch: pytest.MonkeyPatch):
    """A batch beyond the memory budget is followed in parts."""
    objective, schedules = OBJECTIVES["Poisson"], random_schedules(7, 5, 8)
    whole = price_additions(objective, schedules)
    monkeypatch.setattr("objective.additions.LAWS_BYTES", 20_000)
    parts = price_additions(objective, schedules)
    torch.testing.assert_close(parts.cost, whole.cost, atol=1e-12, rtol=0)
    torch.testing.assert_close(parts.own_wait, whole.own_wait, atol=1e-12, rtol=0)


def test_the_cost_of_a_patient_with_a_value_is_that_of_the_objective():
    """With a value per patient costs of different numbers of patients can be subtracted."""
    objective = Objective(replace(POISSON, patients=9), WEIGHTS, value_per_patient=5.0)
    schedules = random_schedules(4, 6, 8)
    added = price_additions(objective, schedules)
    more = schedules[:, None] + torch.eye(8, dtype=torch.int64)
    after = objective(more.reshape(-1, 8)).cost
    before = objective(schedules).cost.repeat_interleave(8)
    torch.testing.assert_close(added.cost, after - before, atol=1e-9, rtol=0)


def test_the_first_patient_of_a_fixed_number_costs_what_its_minutes_do():
    """Waits are charged by the patients with the one more: nothing is gained by waiting little."""
    objective = OBJECTIVES["Poisson"]
    added = price_additions(objective, torch.tensor([2, 0, 1, 0, 0, 0, 0, 0]), [[0, 7]])
    waits = (added.after.total_waiting - added.before.total_waiting) / (4 * 0.9)
    cost = 0.5 * waits + 0.3 * added.idle + 0.9 * added.tardiness
    torch.testing.assert_close(added.cost, cost, atol=1e-12, rtol=0)
    assert float(added.others_wait) == pytest.approx(0.0, abs=1e-9)


DIFFER = Objective(REAL_CLINICS["patients differ"], WEIGHTS)
FULL = torch.full((1, 1), 999)
BAD = {
    "a type that must be named": (
        lambda: price_additions(DIFFER, [1, 1, 1, 1, 1, 1, 0, 0, 0]), "patient is None"),
    "an unknown type": (
        lambda: price_additions(DIFFER, [1, 1, 1, 1, 1, 1, 0, 0, 0], patient="child"), "child"),
    "fewer patients than differ": (
        lambda: price_additions(DIFFER, [1, 0, 0, 0, 0, 0, 0, 0, 0], patient="new"), "schedules"),
    "a patient by number": (
        lambda: price_additions(OBJECTIVES["Poisson"], [0] * 8, patient=3), "patient is 3"),
    "a seat outside": (
        lambda: price_additions(OBJECTIVES["Poisson"], [0] * 8, [[0, 8]]),
        r"seats\[0\] is \[0, 8\]"),
    "seats in passing": (
        lambda: price_additions(OBJECTIVES["Poisson"], [0] * 8, [1, 2]), "pairs of whole numbers"),
    "negative patients": (
        lambda: price_additions(OBJECTIVES["Poisson"], [-1] + [0] * 7), "none negative"),
    "too many patients": (
        lambda: price_additions(OBJECTIVES["Poisson"], [1000] + [0] * 7), "at most 999 patients"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_bad_input_is_refused_by_name(name: str):
    """The message names field, value and what is allowed."""
    make, message = BAD[name]
    with pytest.raises(InvalidInput, match=message):
        make()
