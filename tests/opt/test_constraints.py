"""Constraints: what they allow, and optima under them against brute force."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from objective import (
    ClinicSession,
    Excess,
    InvalidInput,
    Objective,
    PatientType,
    ServiceTime,
    WalkIns,
    Weights,
)
from opt import BASELINES, make_strategy, optimise, verify, verify_result
from opt.constraints import Constraints
from opt.feasible import FeasibleSchedules
from tests.cases import all_schedules

#: One kind of constraint each; what it demands is drawn around a schedule that shall meet it.
KINDS = (
    "capacity", "capacities", "blocked", "minimum", "minimum_gap", "maximum_gap", "fixed", "window"
)  # fmt: skip
PAIRS = [pair for pair in itertools.combinations(KINDS, 2) if pair != ("capacity", "capacities")]
#: What each space cannot express.
NOT_IN = {"a": {"capacities", "blocked", "minimum"}, "p": {"maximum_gap"}}
WORK = WalkIns(ServiceTime.pmf([0.2, 0.3, 0.5]), rate=0.15)


def drawn(kinds: tuple[str, ...], random: np.random.Generator) -> tuple[ClinicSession, Constraints]:
    """Draw a small session and constraints of some kinds that one of its schedules meets."""
    patients, intervals = int(random.integers(2, 6)), int(random.integers(4, 8))
    if "minimum_gap" in kinds:
        patients = min(patients, 3)
        places = np.sort(random.choice(intervals, size=patients, replace=False))
    else:
        places = np.sort(random.integers(0, intervals, size=patients))
    booked, gaps = np.bincount(places, minlength=intervals), np.diff(places)
    empty, taken = np.flatnonzero(booked == 0), np.flatnonzero(booked)
    rank = int(random.integers(patients))
    given: dict[str, object] = {}
    if "capacity" in kinds:
        given["capacity"] = int(max(booked.max(), 1))
    if "capacities" in kinds:
        given["capacity"] = (booked + random.integers(0, 2, size=intervals)).tolist()
    if "blocked" in kinds:
        given["blocked"] = random.choice(empty, size=min(2, empty.size), replace=False).tolist()
    if "minimum" in kinds:
        pinned = random.choice(taken, size=min(2, taken.size), replace=False)
        given["minimum"] = {int(t): int(random.integers(1, booked[t] + 1)) for t in pinned}
    if "minimum_gap" in kinds:
        given["minimum_gap"] = int(gaps.min())
    if "maximum_gap" in kinds:
        given["maximum_gap"] = int(gaps.max())
    if "fixed" in kinds:
        given["fixed"] = {rank + 1: int(places[rank])}
    if "window" in kinds:
        other = int(random.integers(patients))
        given["earliest"] = {rank + 1: int(max(places[rank] - random.integers(0, 2), 0))}
        latest = int(places[other] + random.integers(0, 2))
        given["latest"] = {other + 1: min(latest, intervals - 1)}
    law = ServiceTime.exponential(float(random.uniform(3, 9)))
    if random.random() < 0.5:
        law = ServiceTime.pmf(random.dirichlet(np.ones(int(random.integers(3, 9)))).tolist())
    no_show = float(random.choice([0.0, 0.3]))
    session = ClinicSession(patients, intervals, float(random.integers(2, 6)), law, no_show)
    return session, Constraints(**given)


def meets(constraints: Constraints, schedule: list[int], booked: int = 10**6) -> bool:
    """Check a schedule of so many patients against constraints, as they are described."""
    places = [t for t, count in enumerate(schedule) for _ in range(count)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(places)]
    capacity = constraints.capacity
    if capacity is not None:
        most = [capacity] * len(schedule) if isinstance(capacity, int) else capacity
        if any(count > limit for count, limit in zip(schedule, most, strict=True)):
            return False
    return (
        all(schedule[t] == 0 for t in constraints.blocked)
        and all(schedule[t] >= least for t, least in (constraints.minimum or {}).items())
        and all(gap >= (constraints.minimum_gap or 0) for gap in gaps)
        and all(gap <= (constraints.maximum_gap or 10**6) or constraints.maximum_gap is None
                for gap in gaps)
        and (constraints.maximum_gap != 0 or not any(gaps))
        and all(places[rank - 1] == t for rank, t in (constraints.fixed or {}).items())
        and all(places[rank - 1] >= t
                for rank, t in (constraints.earliest or {}).items() if rank <= booked)
        and all(places[rank - 1] <= t for rank, t in (constraints.latest or {}).items())
    )  # fmt: skip


def allowed(session: ClinicSession, constraints: Constraints) -> torch.Tensor:
    """Enumerate the schedules that meet the constraints."""
    every = all_schedules(session.patients, session.intervals)
    return every[[meets(constraints, schedule) for schedule in every.tolist()]]


def weights(random: np.random.Generator) -> Weights:
    """Draw weights."""
    return Weights(*random.dirichlet(np.ones(3)).tolist())


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [(kind,) for kind in KINDS] + PAIRS, ids=" and ".join)
def test_exact_equals_brute_force_under_every_kind_of_constraint_and_pair(kinds: tuple[str, ...]):
    """50 instances each, in both coordinates where both may prove it, gaps below 1e-9."""
    random = np.random.default_rng([KINDS.index(kind) for kind in kinds])
    spaces = [space for space in ("a", "p") if not NOT_IN[space] & set(kinds)]
    for trial in range(50):
        session, constraints = drawn(kinds, random)
        makespan = "a" in spaces and trial % 4 == 3
        objective = Objective(session, weights(random), "makespan" if makespan else "session")
        least = float(objective(allowed(session, constraints)).cost.min())
        for space in spaces if not makespan else ["a"]:
            strategy = make_strategy("exact", {"space": space})
            result = optimise(objective, strategy, constraints=constraints)
            assert result.cost == pytest.approx(least, abs=1e-9), (trial, space)
            assert result.status == "optimal"
            assert result.gap < 1e-9
            assert verify(result.certificate, objective, constraints) == []
            assert meets(constraints, result.schedule)
        if not spaces:
            result = optimise(objective, constraints=constraints)
            assert meets(constraints, result.schedule)
            assert result.status in ("bounded", "optimal")
            assert result.lower_bound <= least + 1e-9
            assert result.cost >= least - 1e-9
            assert verify_result(result.to_dict()) == []
            if result.status == "optimal":
                assert result.cost == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize("kind", ["capacities", "blocked", "minimum", "minimum_gap", "fixed"])
def test_exact_equals_brute_force_under_constraints_with_walk_ins(kind: str):
    """In p-space, where walk-ins leave only cumulative bookings."""
    random = np.random.default_rng(7)
    for trial in range(12):
        session, constraints = drawn((kind,), random)
        law = ServiceTime.pmf([0.1, 0.2, 0.3, 0.4])
        session = ClinicSession(session.patients, session.intervals, 3.0, law, 0.1, WORK)
        objective = Objective(session, weights(random))
        result = optimise(objective, constraints=constraints)
        least = float(objective(allowed(session, constraints)).cost.min())
        assert result.cost == pytest.approx(least, abs=1e-9), trial
        assert result.status == "optimal"
        assert result.certificate.space == "p"


def differing(session: ClinicSession, random: np.random.Generator) -> ClinicSession:
    """Return the session with patients of three types in a random order."""
    types = {
        name: PatientType(
            ServiceTime.pmf(random.dirichlet(np.ones(6)).tolist()),
            float(random.choice([0.0, 0.3])),
            float(random.uniform(0, 3)),
        )
        for name in ("new", "return", "urgent")
    }
    order = random.choice(list(types), size=session.patients).tolist()
    return replace(session, patient_types=types, order=order)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NOT_IN["a"]])
def test_exact_equals_brute_force_under_constraints_where_patients_differ(kind: str):
    """50 instances each in a-space, both definitions of idle time, gaps below 1e-9."""
    random = np.random.default_rng([1, KINDS.index(kind)])
    for trial in range(50):
        session, constraints = drawn((kind,), random)
        session = differing(session, random)
        objective = Objective(session, weights(random), "makespan" if trial % 2 else "session")
        result = optimise(objective, constraints=constraints)
        least = float(objective(allowed(session, constraints)).cost.min())
        assert result.cost == pytest.approx(least, abs=1e-9), trial
        assert result.status == "optimal"
        assert result.gap < 1e-9
        assert result.certificate.space == "a"


def test_where_patients_differ_breaks_and_pins_leave_a_bound():
    """Appointment times cannot express them, and cumulative bookings prove nothing."""
    random = np.random.default_rng(2)
    for kind in ("capacities", "blocked", "minimum"):
        for _ in range(6):
            session, constraints = drawn((kind,), random)
            objective = Objective(differing(session, random), weights(random))
            result = optimise(objective, constraints=constraints)
            least = float(objective(allowed(session, constraints)).cost.min())
            assert meets(constraints, result.schedule)
            assert result.status in ("bounded", "optimal")
            assert result.lower_bound <= least + 1e-9 <= result.cost + 2e-9
            assert verify_result(result.to_dict()) == []


@pytest.mark.parametrize("kinds", [("blocked",), ("minimum",), ("blocked", "maximum_gap")])
def test_what_nothing_may_prove_is_bounded_or_heuristic(kinds: tuple[str, ...]):
    """Makespan idle time with constraints that appointment times cannot express."""
    random = np.random.default_rng(3)
    statuses = set()
    for _ in range(15):
        session, constraints = drawn(kinds, random)
        objective = Objective(session, weights(random), "makespan")
        result = optimise(objective, constraints=constraints)
        least = float(objective(allowed(session, constraints)).cost.min())
        assert meets(constraints, result.schedule)
        assert result.lower_bound <= least + 1e-9
        assert result.cost >= least - 1e-9
        assert verify_result(result.to_dict()) == []
        assert result.certificate.left_out or result.status == "optimal"
        statuses.add(result.status)
        forced = optimise(
            objective, make_strategy("exact", {"space": "p"}), constraints=constraints
        )
        assert forced.status == "heuristic"
        assert meets(constraints, forced.schedule)
    assert "bounded" in statuses


@pytest.mark.parametrize("strategy", [
    ("local_search", {}), ("local_search", {"improvement": "first", "starts": 4}),
    ("local_search", {"neighbourhood": "shift_vectors"}),
    ("surrogate", {"samples": 100, "epochs": 5, "candidates": 60, "kept": 10, "rounds": 5}),
    ("genetic", {"population": 30, "generations": 15}),
    ("annealing", {"chains": 5, "steps": 30, "proposals": 4}),
    *((name, {}) for name in BASELINES),
], ids=lambda one: " ".join([one[0], *map(str, one[1].values())]))  # fmt: skip
def test_every_strategy_honours_the_constraints(strategy: tuple[str, dict[str, object]]):
    """Whatever it searches, what it returns and what it went through meets them."""
    random = np.random.default_rng(11)
    for kinds in [*((kind,) for kind in KINDS), ("blocked", "maximum_gap"), ("minimum", "fixed")]:
        session, constraints = drawn(kinds, random)
        objective = Objective(session, Weights(0.4, 0.2, 0.4))
        result = optimise(objective, make_strategy(*strategy), constraints=constraints, seed=3)
        assert meets(constraints, result.schedule), kinds
        assert all(meets(constraints, line.schedule) for line in result.history), kinds
        assert verify_result(result.to_dict()) == []


def test_the_feasible_schedules_are_those_described():
    """Membership, repair and the nearest schedule, over all schedules of small sessions."""
    random = np.random.default_rng(5)
    for kinds in [(kind,) for kind in KINDS] + PAIRS:
        for _ in range(4):
            session, constraints = drawn(kinds, random)
            feasible = FeasibleSchedules(session, constraints, free=False)
            every = all_schedules(session.patients, session.intervals)
            inside = torch.tensor([meets(constraints, one) for one in every.tolist()])
            assert torch.equal(feasible.contains(every), inside), kinds
            repaired = feasible.repaired(every)
            assert feasible.contains(repaired).all()
            assert torch.equal(repaired[inside], every[inside])
            for schedule in every[random.choice(len(every), size=3)]:
                near = feasible.nearest(schedule)
                distance = (every[inside].cumsum(1) - schedule.cumsum(0)).abs().sum(1).min()
                assert int((near.cumsum(0) - schedule.cumsum(0)).abs().sum()) == int(distance)


def test_whole_numbers_of_any_kind_are_taken_and_kept_as_plain_ones():
    """Numpy's, from sets and arrays, text for the names of a JSON file; duplicates count once."""
    import json

    two = np.int64(2)
    constraints = Constraints(
        capacity=two, blocked=np.array([3, 1, 3]), minimum={two: np.int64(1)}, minimum_gap=None,
        latest={"4": np.int64(5)}, fixed={},
    )  # fmt: skip
    assert constraints.blocked == (1, 3)
    again = json.loads(json.dumps(constraints.to_dict()))
    assert Constraints.from_dict(again) == constraints
    result = optimise(Objective(SESSION, Weights(1, 1, 1)), constraints=constraints)
    assert json.loads(json.dumps(result.to_dict()))["constraints"] == again
    assert verify_result(json.loads(json.dumps(result.to_dict()))) == []


def test_proofs_under_constraints_do_not_stop_at_the_solver_s_tolerance():
    """Degenerate costs and tiny weights."""
    session = ClinicSession(4, 6, 5.0, ServiceTime.poisson(1.0))
    objective = Objective(session, Weights(0, 1, 0.5), waiting_penalty=Excess(0.0))
    assert optimise(objective, constraints=Constraints([1, 4, 2, 1, 1, 4])).status == "optimal"
    tiny = Objective(ClinicSession(4, 12, 5.0, ServiceTime.poisson(5.0)), Weights(*[1e-12] * 3))
    assert optimise(tiny, constraints=Constraints(blocked=[3, 4])).status == "optimal"


def test_constraints_are_made_again_from_their_description():
    """Also from JSON, where keys are text."""
    import json

    constraints = Constraints([1, 2, 1, 0], [3], {0: 1}, 1, 2, {1: 0}, {2: 2}, {1: 0, 2: 2})
    again = Constraints.from_dict(json.loads(json.dumps(constraints.to_dict())))
    assert again.to_dict() == constraints.to_dict()
    assert not Constraints()
    assert not Constraints.from_dict(Constraints().to_dict())
    assert Constraints(blocked=[0])


SESSION = ClinicSession(4, 6, 5.0, ServiceTime.exponential(5.0))
CLASHES = {
    "a pin in a break": (
        {"blocked": [2, 3], "minimum": {0: 1, 3: 1}},
        {"interval 3 is blocked", "at least 1 in interval 3"}),
    "more pins than patients": (
        {"minimum": {0: 3, 4: 2}}, {"at least 3 in interval 0", "at least 2 in interval 4"}),
    "gaps too wide for the session": (
        {"minimum_gap": 2, "capacity": 3}, {"at least 2 intervals from a patient to the next"}),
    "too little room": ({"capacity": [1, 0, 1, 0, 1, 0], "fixed": {1: 0}}, {
        "at most 1 in interval 0", "at most 0 in interval 1", "at most 1 in interval 2",
        "at most 0 in interval 3", "at most 1 in interval 4", "at most 0 in interval 5"}),
    "patients fixed in the wrong order": (
        {"fixed": {1: 4, 2: 3}, "blocked": [0]},
        {"patient 1 in interval 4", "patient 2 in interval 3"}),
    "gaps at odds": (
        {"minimum_gap": 3, "maximum_gap": 1},
        {"at least 3 intervals from a patient to the next"}),
    "a long break and short gaps": (
        {"blocked": [1, 2, 3], "maximum_gap": 2, "fixed": {1: 0, 4: 5}},
        {"interval 1 is blocked", "interval 2 is blocked", "interval 3 is blocked",
         "at most 2 intervals from a patient to the next", "patient 1 in interval 0",
         "patient 4 in interval 5"}),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CLASHES))
def test_contradictory_constraints_are_explained(name: str):
    """The message names a smallest set that clashes: without any one of them a schedule exists."""
    given, clash = CLASHES[name]
    with pytest.raises(InvalidInput, match="possible together, with 4 patients") as raised:
        optimise(Objective(SESSION, Weights(1, 1, 1)), constraints=Constraints(**given))
    named = set(raised.value.allowed.split("these are not: ")[1].split("; "))
    if name == "a long break and short gaps":
        assert named <= clash
        assert "at most 2 intervals from a patient to the next" in named
    else:
        assert named == clash
    if len(named) > 1:
        pieces = {piece.text: piece for piece in Constraints(**given).pieces(SESSION)}
        from opt.feasible import possible

        for left_out in named:
            rest = [pieces[text] for text in named if text != left_out]
            assert possible(SESSION, rest, free=False)


def test_a_schedule_is_found_in_single_precision_too():
    """Where the exact search leaves constraints out and a local search goes on from it."""
    constraints = Constraints(blocked=[2], maximum_gap=2)
    objective = Objective(SESSION, Weights(1, 1, 1), dtype=torch.float32)
    for strategy in ("exact", "local_search", "genetic"):
        result = optimise(objective, strategy, constraints=constraints)
        assert result.status == "heuristic"
        assert meets(constraints, result.schedule)


def test_the_nearest_schedule_of_a_free_number_is_found_among_all_numbers():
    """Patients with a latest interval must be booked, the others need not."""
    random = np.random.default_rng(6)
    for kinds in [(kind,) for kind in KINDS] + PAIRS[::4]:
        session, constraints = drawn(kinds, random)
        feasible = FeasibleSchedules(session, constraints, free=True)
        every = torch.cat(
            [all_schedules(number, session.intervals) for number in range(1, session.patients + 1)]
            + [torch.zeros(1, session.intervals, dtype=torch.int64)]
        )
        forced = [*(constraints.latest or {}), *(constraints.fixed or {})]
        inside = torch.tensor(
            [
                sum(one) >= max(forced, default=0) and meets(constraints, one, booked=sum(one))
                for one in every.tolist()
            ]
        )
        assert torch.equal(feasible.contains(every), inside), kinds
        for wish in every[random.choice(len(every), size=5)]:
            near = feasible.nearest(wish)
            assert feasible.contains(near[None]).all()
            least = (every[inside].cumsum(1) - wish.cumsum(0)).abs().sum(1).min()
            assert int((near.cumsum(0) - wish.cumsum(0)).abs().sum()) == int(least)


def test_many_demands_that_no_coordinates_express_are_decided():
    """Gaps of three or four among breaks: possible with a break in every seventh interval only."""
    session = ClinicSession(20, 100, 5.0, ServiceTime.exponential(5.0))
    gaps = {"minimum_gap": 3, "maximum_gap": 4}
    every_seventh = Constraints(blocked=list(range(1, 100, 7)), **gaps)
    feasible = FeasibleSchedules(session, every_seventh, free=False)
    assert feasible.contains(feasible.nearest(torch.tensor([20] + [0] * 99))[None]).all()
    with pytest.raises(InvalidInput, match="interval 43 is blocked"):
        FeasibleSchedules(
            session, Constraints(blocked=[t for t in range(100) if t % 12 > 6], **gaps), free=False
        )


BAD = {
    "a capacity of nothing": (lambda: Constraints(capacity=0), "constraints.capacity is 0"),
    "part of a capacity": (lambda: Constraints(capacity=1.5), "constraints.capacity is 1.5"),
    "capacities for other intervals": (
        lambda: Constraints(capacity=[1, 2]).pieces(SESSION), "is '2 numbers'"),
    "a negative capacity": (lambda: Constraints(capacity=[1, -1]), "constraints.capacity is -1"),
    "a break beyond the session": (
        lambda: Constraints(blocked=[6]).pieces(SESSION), "constraints.blocked is 6"),
    "a break that is a word": (lambda: Constraints(blocked="noon"), "a list of intervals"),
    "a pin beyond the session": (
        lambda: Constraints(minimum={6: 1}).pieces(SESSION), "constraints.minimum is 6"),
    "a pin of nobody": (lambda: Constraints(minimum={1: 0}), r"constraints.minimum\[1\] is 0"),
    "pins as a list": (lambda: Constraints(minimum=[1]), "numbers by number"),
    "a patient beyond the session": (
        lambda: Constraints(fixed={5: 1}).pieces(SESSION), "constraints.fixed is 5"),
    "a patient fixed beyond the session": (
        lambda: Constraints(fixed={1: 6}).pieces(SESSION), r"constraints.fixed\[1\] is 6"),
    "no gap": (lambda: Constraints(minimum_gap=0), "constraints.minimum_gap is 0"),
    "a negative gap": (lambda: Constraints(maximum_gap=-1), "constraints.maximum_gap is -1"),
    "an unknown constraint": (
        lambda: Constraints.from_dict({"lunch": 12}), "constraints.lunch is 12"),
    "a key that is a word": (
        lambda: Constraints.from_dict({"fixed": {"first": 1}}), "constraints.fixed is 'first'"),
    "a list of no capacities": (lambda: Constraints(capacity=[]), "a number, or one per interval"),
    "a capacity that is text": (
        lambda: Constraints(capacity="2"), "constraints.capacity is '2'; it must be a whole"),
    "an interval named twice": (
        lambda: Constraints.from_dict({"minimum": {"3": 1, 3: 2}}), "it must be named once"),
    "a key that is a raised two": (
        lambda: Constraints.from_dict({"minimum": {"²": 1}}), "constraints.minimum is '²'"),
    "breaks by number": (lambda: Constraints(blocked={1: 2}), "a list of intervals"),
    "constraints as a dict": (
        lambda: optimise(Objective(SESSION, Weights(1, 1, 1)), constraints={"capacity": 1}),
        "Constraints or None"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_bad_constraints_are_refused_by_name(name: str):
    """The message names field, value and what is allowed."""
    make, message = BAD[name]
    with pytest.raises(InvalidInput, match=message):
        make()
