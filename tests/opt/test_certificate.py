"""Certificates: what they prove, and that a changed one is rejected."""

import contextlib
import copy
import json
from typing import Any

import numpy as np
import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, WalkIns, Weights
from opt import Certificate, optimise, verify, verify_result
from opt.constraints import Constraints
from opt.validity import RULES, reasons_against, spaces_by_merit
from tests.cases import REAL_CLINICS, all_schedules, random_session


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    """A stored result with its certificate, as in result.json."""
    session = ClinicSession(6, 12, 5.0, ServiceTime.gamma(8.0, 0.7), no_show=0.1)
    found = optimise(Objective(session, Weights(0.5, 0.2, 0.4)))
    return json.loads(json.dumps(found.to_dict()))


def test_a_stored_result_is_verified_from_its_file_alone(result: dict[str, Any]):
    """Nothing is wrong with what was written."""
    assert verify_result(result) == []


def test_a_result_in_single_precision_is_verified_in_it():
    """It claims no proof, and numbers to six digits."""
    session = ClinicSession(6, 12, 5.0, ServiceTime.gamma(8.0, 0.7), no_show=0.1)
    found = optimise(Objective(session, Weights(0.5, 0.2, 0.4), dtype=torch.float32))
    contents = json.loads(json.dumps(found.to_dict()))
    assert verify_result(contents) == []
    contents["cost"] += 0.01
    assert verify_result(contents) != []


def changed(contents: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the contents with one field changed."""
    contents = copy.deepcopy(contents)
    *parents, last = path.split(".")
    place: Any = contents
    for key in parents:
        place = place[int(key) if key.isdigit() else key]
    key = int(last) if last.isdigit() else last
    place[key] = value(place[key]) if callable(value) else value
    return contents


TAMPERED = {
    "session.patients": lambda old: old + 1,
    "session.intervals": lambda old: old + 1,
    "session.interval_length": lambda old: old + 1,
    "session.interruptions": [{"interval": 2, "work": {"law": "poisson", "mean": 3.0}}],
    "constraints.blocked": [0],
    "constraints.minimum_gap": 9,
    "value_per_patient": 2.0,
    "seen": lambda old: old + 1e-3,
    "certificate.left_out": ["patient 1 in interval 3"],
    "session.no_show": 0.2,
    "session.service_time.mean": 8.1,
    "session.service_time.cv": 0.71,
    "session.walk_ins": {
        "rate": 0.1, "discipline": "fcfs", "service_time": {"law": "poisson", "mean": 3.0}
    },
    "weights.waiting": 0.51,
    "weights.idle": 0.21,
    "weights.tardiness": 0.41,
    "idle_definition": "makespan",
    "penalties.waiting": {"penalty": "square"},
    "penalties.tardiness": {"penalty": "excess", "threshold": 1.0},
    "chain": "queue_length",
    "step": 0.5,
    "schedule": lambda old: old[::-1],
    "waiting": lambda old: old - 1e-3,
    "idle": lambda old: old - 1e-3,
    "tardiness": lambda old: old - 1e-3,
    "cost": lambda old: old - 1e-3,
    "lower_bound": lambda old: old + 1e-3,
    "gap": 1e-3,
    "status": "bounded",
    "error_bound": 1.0,
    "certificate": None,
    "certificate.space": "p",
    "certificate.point": lambda old: [0, *old[:-1]],
    "certificate.point.1": lambda old: old + 1,
    "certificate.chains": lambda old: old[1:],
    "certificate.chains.0": lambda old: old[::-1],
    "certificate.chains.0.0": lambda old: -old,
    "certificate.chains.1": lambda old: old[1:],
    "certificate.weights": lambda old: old[1:],
    "certificate.weights.0": lambda old: old + 1e-3,
    "certificate.weights.1": lambda old: -old,
    "certificate.cost": lambda old: old - 1e-3,
    "certificate.lower_bound": lambda old: old - 1e-3,
}  # fmt: skip


@pytest.mark.parametrize("path", list(TAMPERED))
def test_a_result_tampered_with_is_rejected(result: dict[str, Any], path: str):
    """Whatever field was changed: it is wrong, or not even readable."""
    contents = changed(result, path, TAMPERED[path])
    with contextlib.suppress(InvalidInput):
        assert verify_result(contents) != []


def test_exchanged_weights_are_rejected(result: dict[str, Any]):
    """Two weights exchanged still sum to one, but prove another bound."""
    weights = result["certificate"]["weights"]
    high, low = int(np.argmax(weights)), int(np.argmin(weights))
    exchanged = list(weights)
    exchanged[high], exchanged[low] = weights[low], weights[high]
    assert verify_result(changed(result, "certificate.weights", exchanged)) != []


BROKEN = {
    "point": "not a list",
    "chains": [[1.5]],
    "weights": ["a"],
    "space": "b",
    "cost": None,
    "lower_bound": 10**400,
}


@pytest.mark.parametrize("field", list(BROKEN))
def test_a_broken_certificate_is_refused(result: dict[str, Any], field: str):
    """Before anything is computed."""
    with pytest.raises(InvalidInput, match="certificate"):
        Certificate.from_dict({**result["certificate"], field: BROKEN[field]})


@pytest.mark.parametrize("value", [float("inf"), 10**30, 1.5, "a", None])
def test_an_impossible_coordinate_is_refused(result: dict[str, Any], value: Any):
    """Infinite, enormous, fractional or no number at all."""
    with pytest.raises(InvalidInput, match="certificate"):
        verify_result(changed(result, "certificate.point.0", value))


def test_a_result_with_several_schedules_is_refused(result: dict[str, Any]):
    """One schedule is what was proved."""
    with pytest.raises(InvalidInput, match="one list"):
        verify_result({**result, "schedule": [result["schedule"]] * 2})


def test_the_bound_holds_for_every_schedule():
    """Also where the search stopped early, in both coordinates."""
    for seed in range(20):
        session = random_session(seed)
        objective = Objective(session, Weights(0.4, 0.2, 0.4))
        costs = objective(all_schedules(session.patients, session.intervals)).cost
        from opt.stopping import MaximumEvaluations
        from opt.strategies.exact import Exact

        for space in ("a", "p"):
            stop = MaximumEvaluations(3 * session.patients)
            found = optimise(objective, Exact(space=space), stop)
            if found.lower_bound is not None:
                assert found.lower_bound <= float(costs.min()) + 1e-9


def test_the_counterexample_to_makespan_idle_time_in_p_space():
    """25.68 < 30.77: the midpoints of two schedules cost more together than the two."""
    session = ClinicSession(2, 3, 10.0, ServiceTime.exponential(5.0))
    idle = Objective(session, Weights(0, 1, 0), idle="makespan")(
        [[0, 0, 2], [1, 1, 0], [1, 0, 1], [0, 1, 1]]
    ).idle
    ends, middles = float(idle[0] + idle[1]), float(idle[2] + idle[3])
    assert ends == pytest.approx(25.68, abs=0.005)
    assert middles == pytest.approx(30.77, abs=0.005)
    objective = Objective(session, Weights(0.4, 0.2, 0.4), idle="makespan")
    assert spaces_by_merit(objective, Constraints())[0] == "a"
    assert reasons_against(objective, "p") != []
    proof = optimise(objective).certificate
    in_p = Certificate("p", (1, 1), ((1, 2),), (1.0,), proof.cost, proof.lower_bound)
    assert any("makespan" in line for line in verify(in_p, objective))


def test_every_rule_of_the_validity_table_applies_to_some_objective():
    """And each keeps the coordinates it names from certifying."""
    from objective import Square, Tail

    session = ClinicSession(2, 3, 5.0, ServiceTime.poisson(5.0))
    busy = ClinicSession(
        2, 3, 5.0, ServiceTime.poisson(5.0), walk_ins=WalkIns(ServiceTime.poisson(3.0), rate=0.1)
    )
    weights = Weights(1, 1, 1)
    objectives = [
        Objective(busy, weights),
        Objective(session, weights, idle="makespan"),
        Objective(busy, weights, waiting_penalty=Square()),
        Objective(session, weights, waiting_penalty=Tail(5.0)),
        Objective(session, weights, dtype=torch.float32),
        Objective(REAL_CLINICS["patients differ"], weights),
        Objective(session, weights, value_per_patient=1.0, tardiness_penalty=Square()),
    ]
    for rule in RULES:
        ruled = [objective for objective in objectives if rule.applies(objective)]
        assert ruled
        for objective in ruled:
            for space in rule.ruled_out:
                assert rule.case in reasons_against(objective, space)


@pytest.mark.parametrize("space", ["a", "p"])
def test_midpoints_near_the_optimum_show_no_violation(space: str):
    """Where the table allows coordinates, random pairs of schedules satisfy the inequality."""
    from opt.coordinates import Coordinates

    random = np.random.default_rng(1)
    for seed in range(6):
        session = random_session(seed, walk_ins=space == "p" and seed % 2 == 0)
        objective = Objective(session, Weights(0.4, 0.2, 0.4))
        coordinates = Coordinates.of(session, space)
        shape = (2, 300, coordinates.dimension)
        one, other = np.sort(random.integers(0, coordinates.height + 1, shape), axis=2)
        low, high = (one + other) // 2, -(-(one + other) // 2)
        cost = [
            objective(torch.from_numpy(coordinates.schedules(points))).cost
            for points in (one, other, low, high)
        ]
        assert (cost[0] + cost[1] >= cost[2] + cost[3] - 1e-9).all()
