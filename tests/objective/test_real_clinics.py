"""Patients who differ, interruptions, priority walk-ins, a free number of patients."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from objective import (
    ClinicSession,
    InvalidInput,
    Objective,
    PatientType,
    ServiceTime,
    Square,
    WalkIns,
    Weights,
)
from tests.cases import (
    LONG,
    ORDER,
    REAL_CLINICS,
    SHORT,
    TYPES,
    koeleman_koole_objective,
    random_schedules,
)
from tests.reference.general_loops import evaluate

FCFS = {
    name: session
    for name, session in REAL_CLINICS.items()
    if not session.walk_ins or session.walk_ins.discipline == "fcfs"
}


@pytest.mark.parametrize("name", list(FCFS))
@pytest.mark.parametrize("rows", [1, 2, 17])
def test_a_batch_equals_its_singles_and_plain_loops(
    name: str, rows: int, weights: Weights, device: str
):
    """Every part of the performance, by both definitions of idle time where both are defined."""
    session = FCFS[name]
    alone_defined = session.walk_ins is None and not session.interruptions
    schedules = random_schedules(rows, 6, 9, seed=1)
    for idle in ("session", "makespan") if alone_defined else ("session",):
        objective = Objective(session, weights, idle=idle, device=device, chain="workload")
        batch = objective(schedules)
        for row, schedule in enumerate(schedules.tolist()):
            slow = evaluate(session, schedule, 1.0 if objective.step is None else objective.step)
            expected = {
                "waiting": slow["waiting_sum"] / session.expected_shows,
                "waiting_penalty": slow["weighted_sum"] / session.expected_shows,
                "tardiness": slow["tardiness"],
                "walk_in_waiting": slow["walk_in_waiting"],
                "idle": slow["idle" if idle == "session" else "makespan_idle"],
                "seen": slow["seen"],
            }
            found, single = batch.row(row), objective(schedule).row(0)
            for part, value in expected.items():
                assert found[part] == pytest.approx(value, rel=1e-9, abs=1e-9), part
                assert found[part] == pytest.approx(single[part], rel=1e-12, abs=1e-12), part
            cost = 0.4 * expected["waiting_penalty"] + 0.2 * expected["idle"]
            assert found["cost"] == pytest.approx(cost + 0.4 * expected["tardiness"], rel=1e-9)


def test_no_shows_that_differ_are_followed_exactly_by_the_queue_length(weights: Weights):
    """The workload chain on ever finer grids comes to the same numbers."""
    session = REAL_CLINICS["patients differ in no-shows alone"]
    schedule = [2, 0, 1, 0, 1, 1, 0, 0, 1]
    for idle in ("session", "makespan"):
        exact = Objective(session, weights, idle=idle)
        assert exact.chain_name == "queue_length"
        errors = [
            float(
                Objective(session, weights, idle=idle, chain="workload", step=step)(schedule).cost
            )
            - float(exact(schedule).cost)
            for step in (0.5, 0.25)
        ]
        assert 0 < errors[1] < errors[0] / 3.5


def test_types_that_do_not_differ_change_nothing(weights: Weights):
    """Two names for the same patients."""
    plain = ClinicSession(6, 9, 3.0, SHORT, 0.1)
    named = ClinicSession(
        6, 9, 3.0, LONG, 0.3, None,
        {"one": PatientType(SHORT, 0.1), "other": PatientType(SHORT, 0.1)}, ["one", "other"] * 3,
    )  # fmt: skip
    schedules = random_schedules(5, 6, 9)
    one, other = (Objective(session, weights)(schedules) for session in (plain, named))
    for field in fields(one):
        assert torch.equal(getattr(one, field.name), getattr(other, field.name))
    assert named.alike


@pytest.mark.parametrize("name", list(REAL_CLINICS))
def test_a_session_is_made_again_from_its_description(name: str):
    """Types, order and interruptions included."""
    session = REAL_CLINICS[name]
    again = ClinicSession.from_dict(session.to_dict())
    assert again.to_dict() == session.to_dict()
    assert again.roster == session.roster


def test_the_order_of_patients_matters(weights: Weights):
    """Short consultations first cost less."""
    costs = [
        float(
            Objective(
                ClinicSession(6, 9, 3.0, SHORT, 0.0, None, TYPES, order), weights
            )([1, 1, 1, 1, 1, 1, 0, 0, 0]).cost
        )
        for order in (["return"] * 3 + ["new"] * 3, ["new"] * 3 + ["return"] * 3)
    ]  # fmt: skip
    assert costs[0] < costs[1]


@pytest.mark.slow
def test_koeleman_koole_table_6_is_as_printed(oracle: Any):
    """Values within 0.01; no single move of a patient improves a printed schedule."""
    for row in oracle("koeleman_koole_2012")["table_6"]:
        objective = koeleman_koole_objective(row)
        performance = objective(row["schedule"]).row(0)
        assert performance["waiting"] == pytest.approx(row["waiting"], abs=0.01)
        assert performance["tardiness"] == pytest.approx(row["tardiness"], abs=0.01)
        assert float(objective.moves(row["schedule"]).min()) >= performance["cost"] - 1e-9


def test_priority_changes_who_waits_and_nothing_else(weights: Weights):
    """Booked patients wait longer, walk-ins shorter; tardiness and idle time stay."""
    schedules = random_schedules(20, 6, 9)
    first, ahead = (
        Objective(
            ClinicSession(6, 9, 3.0, SHORT, 0.1, WalkIns(LONG, rate=0.2, discipline=discipline)),
            weights,
        )(schedules)
        for discipline in ("fcfs", "priority")
    )
    assert torch.equal(first.tardiness, ahead.tardiness)
    assert torch.equal(first.idle, ahead.idle)
    assert (ahead.waiting > first.waiting).all()
    assert (ahead.walk_in_waiting < first.walk_in_waiting).all()


def test_priority_without_walk_ins_is_first_come_first_served(weights: Weights):
    """A rate of nearly 0 changes nothing."""
    rare = WalkIns(SHORT, rate=1e-12, discipline="priority")
    schedule = [2, 0, 1, 1, 0, 1, 1, 0, 0]
    with_rare = Objective(ClinicSession(6, 9, 3.0, SHORT, 0.1, rare), weights)(schedule)
    without = Objective(ClinicSession(6, 9, 3.0, SHORT, 0.1), weights)(schedule)
    assert float(with_rare.cost) == pytest.approx(float(without.cost), rel=1e-9)


@pytest.mark.parametrize("name", list(REAL_CLINICS))
def test_a_free_number_of_patients_charges_sums(name: str, weights: Weights):
    """A schedule costs what it does in a session of as many patients, less the value."""
    session = REAL_CLINICS[name]
    schedules = torch.cat([random_schedules(3, booked, 9, seed=booked) for booked in (6, 3, 1)])
    nobody = torch.zeros(1, 9, dtype=torch.int64)
    objective = Objective(session, weights, value_per_patient=7.0)
    free = objective(torch.cat([schedules, nobody]))
    for row, schedule in enumerate(schedules):
        booked = int(schedule.sum())
        order = session.order[:booked] if session.order else None
        fixed_session = ClinicSession(
            booked, 9, 3.0, session.service_time, session.no_show, session.walk_ins,
            session.patient_types, order, session.interruptions,
        )  # fmt: skip
        fixed = Objective(fixed_session, weights)(schedule).row(0)
        for part in ("waiting", "idle", "tardiness", "seen", "walk_in_waiting"):
            assert float(getattr(free, part)[row]) == pytest.approx(fixed[part], abs=1e-9)
        total = fixed["waiting_penalty"] * fixed_session.expected_shows
        cost = 0.4 * total + 0.2 * fixed["idle"] + 0.4 * fixed["tardiness"] - 7 * fixed["seen"]
        assert float(free.cost[row]) == pytest.approx(cost, abs=1e-9)
    assert float(free.waiting[-1]) == 0
    assert float(free.seen[-1]) == 0


BAD = {
    "an unknown patient type": (
        lambda: ClinicSession(2, 3, 5.0, SHORT, patient_types=TYPES, order=["new", "odd"]),
        r"session.order\[1\] is 'odd'; it must be one of the patient types: new, return, urgent"),
    "types without an order": (
        lambda: ClinicSession(2, 3, 5.0, SHORT, patient_types=TYPES), "both patient_types and"),
    "an order for other patients": (
        lambda: ClinicSession(2, 3, 5.0, SHORT, patient_types=TYPES, order=ORDER),
        "one per patient"),
    "an order that is a word": (
        lambda: ClinicSession(3, 3, 5.0, SHORT, patient_types=TYPES, order="new"), "a list with"),
    "a type whose name is a number": (
        lambda: ClinicSession(1, 3, 5.0, SHORT, patient_types={1: PatientType()}, order=["1"]),
        "session.patient_types is 1"),
    "no types": (
        lambda: ClinicSession(1, 3, 5.0, SHORT, patient_types={}, order=["new"]), "at least one"),
    "a type that is a number": (
        lambda: ClinicSession(1, 3, 5.0, SHORT, patient_types={"new": 3}, order=["new"]),
        "session.patient_types.new is 3"),
    "a type that never comes": (lambda: PatientType(no_show=1.0), "patient_type.no_show is 1.0"),
    "a negative weight of waiting": (
        lambda: PatientType(waiting_weight=-1), "patient_type.waiting_weight is -1"),
    "a law that is a number": (lambda: PatientType(9.0), "patient_type.service_time is 9.0"),
    "an unknown field of a type": (
        lambda: PatientType.from_dict({"noshow": 0.1}), "patient_type.noshow"),
    "an interruption after the session": (
        lambda: ClinicSession(
            2, 3, 5.0, SHORT, interruptions=[REAL_CLINICS["interruptions"].interruptions[0]]),
        "interruption.interval is 3"),
    "an interruption that is a number": (
        lambda: ClinicSession(2, 3, 5.0, SHORT, interruptions=[5]), "Interruptions"),
    "makespan idle time with interruptions": (
        lambda: Objective(REAL_CLINICS["interruptions"], Weights(1, 1, 1), "makespan"),
        "where there are interruptions"),
    "squares of waits under priority": (
        lambda: Objective(REAL_CLINICS["priority"], Weights(1, 1, 1), waiting_penalty=Square()),
        r"Mean\(\) where walk-ins have priority"),
    "interruptions inside under priority": (
        lambda: Objective(
            ClinicSession(
                6, 9, 3.0, SHORT, 0.0, REAL_CLINICS["priority"].walk_ins,
                interruptions=REAL_CLINICS["interruptions"].interruptions),
            Weights(1, 1, 1)),
        "none after interval 0 where walk-ins have priority"),
    "a queue length of patients who differ": (
        lambda: Objective(REAL_CLINICS["patients differ"], Weights(1, 1, 1), chain="queue_length"),
        "exponential of one mean"),
    "a value that is no number": (
        lambda: Objective(REAL_CLINICS["priority"], Weights(1, 1, 1), value_per_patient=np.nan),
        "value_per_patient is nan"),
    "too many patients of a free number": (
        lambda: Objective(REAL_CLINICS["priority"], Weights(1, 1, 1), value_per_patient=1.0)(
            [7, 0, 0, 0, 0, 0, 0, 0, 0]), "at most 6 patients"),
    "rounding a rounded law": (lambda: ServiceTime.rounded(SHORT), "service_time.of is"),
    "rounding everything to 0": (
        lambda: ServiceTime.rounded(ServiceTime.gamma(1.0, 0.1), step=90.0), "smaller beside"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_bad_input_is_refused_by_name(name: str):
    """The message names field, value and what is allowed."""
    make, message = BAD[name]
    with pytest.raises(InvalidInput, match=message):
        make()
