"""Batch, singles and the slow reference give the same numbers."""

import pickle
from dataclasses import fields

import numpy as np
import pytest
import torch

from objective import (
    ClinicSession,
    InvalidInput,
    Objective,
    Performance,
    ServiceTime,
    WalkIns,
    Weights,
)
from objective.service_time import CONSTRUCTORS
from tests.cases import REAL_CLINICS, random_schedules
from tests.reference.plain_loops import eval_exp, eval_pmf

MASS = [0.05, 0.0, 0.1, 0.2, 0.0, 0.25, 0.1, 0.0, 0.1, 0.1, 0.0, 0.0, 0.1]
LAWS = {
    "exponential": (ServiceTime.exponential(9.0), "queue_length"),
    "pmf": (ServiceTime.pmf(MASS), "workload"),
}
COUNTS = [0.7, 0.2, 0.1]
SESSIONS = {
    "exponential": ClinicSession(6, 9, 5.0, ServiceTime.exponential(9.0), 0.1),
    "gamma": ClinicSession(6, 9, 5.0, ServiceTime.gamma(9.0, 0.6)),
    **REAL_CLINICS,
}


def session_of(law: str, no_show: float, walk_ins: bool) -> ClinicSession:
    """Seven patients in nine intervals."""
    coming = WalkIns(ServiceTime.pmf([0.0, 0.3, 0.3, 0.4]), counts=COUNTS) if walk_ins else None
    return ClinicSession(7, 9, 5.0, LAWS[law][0], no_show, coming)


def reference(session: ClinicSession, law: str, schedule: list[int], idle: str) -> dict[str, float]:
    """Evaluate with plain loops."""
    if law == "exponential":
        found = eval_exp(schedule, 9.0, 5.0, session.no_show)
    else:
        walk = [COUNTS] * 9 if session.walk_ins else None
        found = eval_pmf(schedule, MASS, 5, session.no_show, walk, [0.0, 0.3, 0.3, 0.4])
    shows = session.patients * (1 - session.no_show)
    result = {"waiting": found["wait_sum"] / shows, "tardiness": found["tard"]}
    result["idle"] = found["idle_sess"] if idle == "session" else float("nan")
    expected = session.expected_walk_ins
    result["walk_in_waiting"] = found["wait_walk"] / expected if expected else 0.0
    return result


@pytest.mark.parametrize("idle", ["session", "makespan"])
@pytest.mark.parametrize("walk_ins", [False, True], ids=["booked only", "walk-ins"])
@pytest.mark.parametrize("no_show", [0.0, 0.25])
@pytest.mark.parametrize("law", list(LAWS))
@pytest.mark.parametrize("rows", [1, 2, 33])
def test_a_batch_equals_its_singles_and_the_reference(
    law: str, no_show: float, walk_ins: bool, idle: str, rows: int, weights: Weights, device: str
):
    """Float64 to 1e-12 on one device, float32 to 1e-5; what is not defined is refused by name."""
    if walk_ins and law == "exponential":
        law = "pmf"
    session = session_of(law, no_show, walk_ins)
    if walk_ins and idle == "makespan":
        with pytest.raises(InvalidInput, match="idle is 'makespan'"):
            Objective(session, weights, idle=idle)
        return
    objective = Objective(session, weights, idle=idle, device=device)
    schedules = random_schedules(rows, 7, 9)
    batch = objective(schedules)
    parts = Objective(session, weights, idle=idle, device=device, chunk_bytes=1)(schedules)
    single = Objective(session, weights, idle=idle, device=device, dtype=torch.float32)(schedules)
    for field in fields(batch):
        together = getattr(batch, field.name).cpu()
        assert together.shape == (rows,)
        if field.name != "error_bound":
            assert torch.allclose(
                together, getattr(parts, field.name).cpu(), rtol=1e-12, atol=1e-12
            )
            coarse = getattr(single, field.name).cpu().to(torch.float64)
            assert torch.allclose(together, coarse, rtol=1e-5, atol=1e-4)
    for row in range(min(rows, 4)):
        alone = objective(schedules[row]).row(0)
        slow = reference(session, law, schedules[row].tolist(), idle)
        tolerance = 1e-12 if device == "cpu" else 1e-9
        for name, value in alone.items():
            assert value == pytest.approx(batch.row(row)[name], rel=tolerance, abs=1e-12)
            if name in slow and slow[name] == slow[name]:
                assert value == pytest.approx(slow[name], rel=tolerance, abs=1e-12)


@pytest.mark.parametrize("law", list(LAWS))
def test_makespan_idle_time_equals_the_sum_over_the_last_to_show(law: str, weights: Weights):
    """From the reference's waits: each patient may be the last who comes."""
    session = session_of(law, 0.3, walk_ins=False)
    schedule = [2, 0, 1, 0, 1, 1, 0, 2, 0]
    ends = 0.0
    for rank, interval in enumerate([0, 0, 2, 4, 5, 7, 7]):
        before = [0] * 9
        for earlier in [0, 0, 2, 4, 5, 7, 7][:rank]:
            before[earlier] += 1
        slow = (
            eval_exp(before, 9.0, 5.0, 0.3)
            if law == "exponential"
            else eval_pmf(before, MASS, 5, 0.3)
        )
        ahead = before[interval] * 0.7 * session.service_time.mean
        start = interval * 5.0 + slow["m"][interval] + ahead
        ends += 0.7 * 0.3 ** (6 - rank) * (start + session.service_time.mean)
    idle = float(Objective(session, weights, idle="makespan")(schedule).idle)
    assert idle == pytest.approx(ends - 7 * 0.7 * session.service_time.mean, rel=1e-12)


@pytest.mark.parametrize(
    "law",
    [
        ServiceTime.exponential(9.0),
        ServiceTime.gamma(9.0, 1.3),
        ServiceTime.lognormal(9.0, 0.6),
        ServiceTime.weibull(9.0, 0.8),
        ServiceTime.deterministic(7.5),
        ServiceTime.poisson(9.0),
        ServiceTime.empirical([3.0, 7.5, 7.5, 20.0]),
        ServiceTime.histogram([0, 5, 10, 30], [3, 5, 2]),
    ],
    ids=lambda law: law.law,
)
def test_every_law_on_its_grid_equals_the_reference(law: ServiceTime, weights: Weights):
    """The workload chain against plain loops with the same mass."""
    session = ClinicSession(5, 6, 5.0, law, no_show=0.1)
    objective = Objective(session, weights, chain="workload")
    step = objective.step or 1.0
    schedule = [2, 0, 1, 1, 0, 1]
    slow = eval_pmf(schedule, law.mass(step), round(5.0 / step), 0.1)
    performance = objective(schedule).row(0)
    assert performance["waiting"] == pytest.approx(step * slow["wait_sum"] / 4.5, rel=1e-9)
    assert performance["tardiness"] == pytest.approx(step * slow["tard"], rel=1e-9)
    assert 0 <= performance["error_bound"] < 1e-8


def test_a_grid_that_ends_too_early_is_bounded(weights: Weights):
    """With the grid cut at its own tolerance, the truth lies between value and value + bound."""
    session = ClinicSession(5, 6, 5.0, ServiceTime.pmf(MASS))
    objective = Objective(session, weights)
    exact = objective([5, 0, 0, 0, 0, 0]).row(0)
    chain = objective.chain
    chain.patient_limits = lambda appointments: [30] * 5
    cut = objective([5, 0, 0, 0, 0, 0]).row(0)
    assert cut["error_bound"] > 0.01
    for part in ("waiting", "idle", "tardiness"):
        assert cut[part] <= exact[part] + 1e-12
        assert exact[part] <= cut[part] + cut["error_bound"] + 1e-12


@pytest.mark.parametrize("dtype", ["int8", "uint8", "uint16", "int32", "uint64"])
def test_schedules_of_any_whole_type_cost_the_same(
    dtype: str, four_patients: ClinicSession, weights: Weights
):
    """Lists, numpy arrays and tensors alike."""
    objective, schedule = Objective(four_patients, weights), [2, 0, 1, 0, 1, 0]
    cost = float(objective(schedule).cost)
    assert float(objective(np.array(schedule, dtype)).cost) == cost
    assert float(objective(torch.tensor(schedule, dtype=getattr(torch, dtype))).cost) == cost


def test_an_empty_batch_has_an_empty_performance(four_patients: ClinicSession, weights: Weights):
    """No schedules, no numbers, no error."""
    objective, nothing = Objective(four_patients, weights), torch.zeros(0, 6, dtype=torch.int64)
    assert len(objective(nothing)) == 0
    assert objective.moves(nothing).shape == (0, 6, 6)


@pytest.mark.parametrize("name", list(SESSIONS))
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_parts_evaluated_apart_give_every_digit_of_the_batch(
    name: str, dtype: torch.dtype, weights: Weights, device: str
):
    """As batches of their own, also by a copy that went through a file."""
    session = SESSIONS[name]
    objective = Objective(session, weights, device=device, dtype=dtype, chunk_bytes=200_000)
    schedules = random_schedules(500, session.patients, session.intervals)
    parts = objective.parts(schedules)
    assert len(parts) > 1
    copy = pickle.loads(pickle.dumps(objective))
    apart = Performance.reunite([copy(schedules[rows.cpu()]) for rows in parts], parts)
    together = objective(schedules)
    for field in fields(together):
        assert torch.equal(getattr(apart, field.name), getattr(together, field.name))


@pytest.mark.parametrize("law", list(CONSTRUCTORS))
def test_laws_can_be_pickled(law: str):
    """With every digit of their mass."""
    given = {
        "mean": 9.0, "cv": 0.7, "minutes": 8.0, "probabilities": [0.1, 0.2, 0.7], "step": 1.0,
        "of": {"law": "exponential", "mean": 9.0}, "durations": [4.0, 7.5, 11.0],
        "edges": [0.0, 5.0, 20.0], "counts": [3, 1],
    }  # fmt: skip
    parameters = {name: given[name] for name in CONSTRUCTORS[law][0]}
    time = ServiceTime.from_dict({"law": law, **parameters})
    copy = pickle.loads(pickle.dumps(time))
    assert copy == time
    assert np.array_equal(copy.mass(0.5), time.mass(0.5))
