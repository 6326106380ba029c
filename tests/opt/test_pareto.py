"""The frontier: supported points and NSGA-II against enumeration, and what is told of them."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Square, WalkIns, Weights
from opt import Constraints, MaximumEvaluations, Result, make_strategy, optimise, verify
from opt.feasible import FeasibleSchedules
from opt.frontier import Frontier
from opt.frontier_measures import excess, lower_hull, not_dominated
from opt.frontier_point import Array, costs_of, values_of, vector_of
from opt.strategies.pareto import Pareto
from opt.strategies.weight_choice import LIGHTEST
from tests.cases import all_schedules, random_session
from tests.command import command

SHORT: dict[str, Any] = {"weights": 12, "side_by_side": 5, "population": 20, "generations": 10}
WEIGHTS = Weights(0.4, 0.2, 0.4)


def frontier_of(result: Result) -> Frontier:
    """Return the only finding of a result."""
    [finding] = result.findings
    assert isinstance(finding, Frontier)
    return finding


def every_value(objective: Objective) -> Array:
    """Return the costs of every schedule, (schedules, costs)."""
    session = objective.session
    schedules = all_schedules(session.patients, session.intervals)
    return values_of(objective(schedules), costs_of(objective))


@pytest.mark.parametrize("walk_ins", [False, True])
def test_all_supported_points_of_small_sessions_are_found(walk_ins: bool):
    """The lower hull of the enumerated schedules, between the ends of the frontier."""
    for seed in range(3 if walk_ins else 6):
        objective = Objective(random_session(seed, walk_ins), WEIGHTS)
        frontier = frontier_of(optimise(objective, Pareto("exact", weights=500)))
        every = every_value(objective)
        assert frontier.exhausted
        assert frontier.depth == 0.0
        assert all(point.supported for point in frontier.points)
        found = frontier.values(frontier.front)
        corners = every[lower_hull(every)]
        for corner in found:
            assert np.abs(corners - corner).sum(1).min() < 1e-7
        for share in np.linspace(LIGHTEST, 1 - LIGHTEST, 500):
            weights = np.array([share, 1 - share])
            assert (found @ weights).min() == pytest.approx((every @ weights).min(), abs=1e-8)


@pytest.mark.parametrize("weights", [(1, 0, 0), (0, 0, 1), (1e-7, 0, 1)])
def test_nothing_is_left_out_up_to_ones_own_weights(weights: tuple[float, float, float]):
    """Where they lie beyond the ends of the others, the frontier is searched up to there."""
    for seed in (2, 3, 6):
        objective = Objective(random_session(seed), Weights(*weights))
        frontier = frontier_of(optimise(objective, Pareto("exact", weights=500)))
        assert frontier.exhausted
        every, found = every_value(objective), frontier.values(frontier.front)
        corners = every[lower_hull(every)]
        least, most = found[0, 0] + 1e-9, found[-1, 0] - 1e-9
        for corner in corners[(least < corners[:, 0]) & (corners[:, 0] < most)]:
            assert np.abs(found - corner).sum(1).min() < 1e-7


def test_supported_points_of_three_costs_are_the_best_by_their_weights():
    """Makespan idle time is a cost of its own; each point against enumeration."""
    for seed in range(4):
        objective = Objective(random_session(seed), WEIGHTS, idle="makespan")
        frontier = frontier_of(optimise(objective, Pareto("exact", weights=40)))
        every = every_value(objective)
        assert frontier.costs == ("waiting_penalty", "idle", "tardiness_penalty")
        for point in frontier.points:
            assert point.supported
            assert point.weights is not None
            weights = vector_of(point.weights, frontier.costs)
            here = np.array(point.values(frontier.costs)) @ weights
            assert here == pytest.approx((every @ weights).min(), abs=1e-8)


def test_the_frontier_of_nsga2_is_the_enumerated_one(four_patients: ClinicSession):
    """On a session of 126 schedules a population of 100 finds all that nothing dominates."""
    objective = Objective(four_patients, WEIGHTS)
    every = every_value(objective)
    true = every[not_dominated(every)]
    for seed in range(3):
        result = optimise(objective, Pareto("nsga2", population=100, generations=60), seed=seed)
        frontier = frontier_of(result)
        found = frontier.values(frontier.of("nsga2"))
        found = found[found[:, 0].argsort()]
        assert np.allclose(found, true[true[:, 0].argsort()], atol=1e-9)
        assert not any(point.supported for point in frontier.points)
        assert result.status == "heuristic"
        assert result.lower_bound is None


def test_nsga2_comes_within_one_percent_of_the_supported_points(obp_exponential: ClinicSession):
    """With the default population no schedule is worse in every cost by more than 1 %."""
    objective = Objective(obp_exponential, WEIGHTS)
    supported = frontier_of(optimise(objective, Pareto("exact", weights=32)))
    proved = supported.values(supported.front)
    evolved = frontier_of(optimise(objective, Pareto("nsga2"), seed=1))
    assert excess(evolved.values(evolved.of("nsga2")), proved) < 0.01


@pytest.mark.nightly
def test_the_frontier_of_the_long_session_is_proved(obp_exponential: ClinicSession):
    """200 weight vectors, evenly and where in doubt; NSGA-II within 1 % for ten seeds."""
    objective = Objective(obp_exponential, WEIGHTS)
    even = frontier_of(optimise(objective, Pareto("exact", choice="even")))
    doubted = frontier_of(optimise(objective, Pareto("exact")))
    for frontier in (even, doubted):
        assert len(frontier.points) == 200
        assert all(point.supported for point in frontier.points)
    assert doubted.depth is not None
    assert even.depth is not None
    assert doubted.depth < 0.001 < even.depth
    proved = doubted.values(doubted.front)
    for seed in range(10):
        evolved = frontier_of(optimise(objective, Pareto("nsga2"), seed=seed))
        assert excess(evolved.values(evolved.of("nsga2")), proved) < 0.01


def test_the_result_is_what_exact_finds(obp_exponential: ClinicSession):
    """The best schedule by the objective's own weights, with its certificate."""
    objective = Objective(obp_exponential, WEIGHTS)
    single = optimise(objective)
    result = optimise(objective, Pareto(**SHORT))
    assert result.schedule == single.schedule
    assert result.status == "optimal"
    assert result.lower_bound == pytest.approx(single.lower_bound, abs=1e-8)
    assert result.certificate is not None
    assert verify(result.certificate, objective) == []
    frontier = frontier_of(result)
    assert list(frontier.own.schedule) == result.schedule
    assert frontier.own in frontier.front


def test_weights_that_leave_a_cost_out_have_a_frontier_too(four_patients: ClinicSession):
    """Their own schedule need not be on it, but is proved."""
    for weights in (Weights(1, 0, 0), Weights(0, 0, 1), Weights(0, 1, 0)):
        objective = Objective(four_patients, weights)
        result = optimise(objective, Pareto(**SHORT))
        assert result.cost == pytest.approx(optimise(objective).cost, abs=1e-9)
        assert result.status == "optimal"
        assert len(frontier_of(result).front) > 2


@pytest.mark.parametrize(
    ("patients", "intervals"), [(1, 1), (5, 1), (1, 4)], ids=["one of each", "one interval", "one"]
)
def test_degenerate_sessions_have_a_short_frontier(patients: int, intervals: int):
    """One schedule, or one patient, whose figure is drawn all the same."""
    objective = Objective(
        ClinicSession(patients, intervals, 5.0, ServiceTime.exponential(4.0)), WEIGHTS
    )
    result = optimise(objective, Pareto(**SHORT))
    assert result.status == "optimal"
    frontier = frontier_of(result)
    assert len(frontier.front) == 1
    assert frontier.knee is None
    assert frontier.price_of_a_minute(0.0, -1.0) is None
    [figure] = frontier.figures(result)
    assert len(figure.rows) == 1
    assert json.dumps(frontier.to_dict(), allow_nan=False)


CONSTRAINTS = {
    "blocked intervals": Constraints(blocked=[1, 2]),
    "a pin and short gaps": Constraints(blocked=[2], maximum_gap=2, minimum={5: 1}),
}


@pytest.mark.parametrize("idle", ["session", "makespan"])
@pytest.mark.parametrize("case", list(CONSTRAINTS))
def test_every_point_meets_the_constraints_and_claims_what_is_true(
    case: str, idle: Any, four_patients: ClinicSession
):
    """Against enumeration: bounds hold, and what is called optimal is."""
    objective, constraints = Objective(four_patients, WEIGHTS, idle=idle), CONSTRAINTS[case]
    feasible = FeasibleSchedules(four_patients, constraints, free=False)
    schedules = all_schedules(4, 6)
    performance = objective(schedules[feasible.contains(schedules)])
    result = optimise(objective, Pareto(**SHORT), constraints=constraints)
    assert result.cost == pytest.approx(float(performance.cost.min()), abs=1e-9)
    for point in frontier_of(result).points:
        assert feasible.contains(torch.tensor([point.schedule]))[0]
        if point.weights is None:
            continue
        least = float(objective.with_weights(point.weights)(schedules).cost.min())
        allowed = float(performance.weighed(point.weights, None).min())
        cost = float(objective.with_weights(point.weights)(point.schedule).cost)
        if point.supported:
            assert cost == pytest.approx(allowed, abs=1e-8)
        if point.lower_bound is not None:
            assert point.lower_bound <= allowed + 1e-9
        assert cost >= least - 1e-9


@pytest.mark.parametrize(
    "changes",
    [{"waiting_penalty": Square()}, {"dtype": torch.float32}],
    ids=["walk-ins squared", "float32"],
)
def test_where_nothing_can_be_proved_no_point_is_called_optimal(changes: dict[str, Any]):
    """The points are stated as found, without bounds, and the sentence says so."""
    walk_ins = WalkIns(ServiceTime.pmf([0.2, 0.5, 0.3]), rate=0.2)
    session = ClinicSession(4, 6, 4.0, ServiceTime.pmf([0.1, 0.2, 0.4, 0.3]), 0.1, walk_ins)
    result = optimise(Objective(session, WEIGHTS, **changes), Pareto(**SHORT))
    frontier = frontier_of(result)
    assert result.status == "heuristic"
    assert {point.status for point in frontier.points} == {"heuristic"}
    assert not any(point.supported for point in frontier.points)
    assert all(point.lower_bound is None for point in frontier.points)
    assert frontier.depth is None
    assert frontier.excess is None
    assert "none proved" in frontier.sentence
    assert "optimal" not in json.dumps(frontier.to_dict())


def test_a_minute_costs_what_the_frontier_says():
    """Between its points as if both were used, each on a share of the days; nothing beyond them."""
    frontier = frontier_of(
        optimise(Objective(random_session(1), WEIGHTS), Pareto("exact", weights=30))
    )
    across, up = frontier.values(frontier.front).T
    middle = float(across.mean())
    step = min(1.0, middle - across[0])
    price = frontier.price_of_a_minute(middle, -step)
    assert price == pytest.approx(
        float(np.interp(middle - step, across, up) - np.interp(middle, across, up))
    )
    assert price > 0
    assert frontier.price_of_a_minute(float(across[0]), -1.0) is None
    assert frontier.price_of_a_minute(float(across[-1]), 1.0) is None


def test_a_search_stopped_early_tells_what_it_knows(obp_exponential: ClinicSession):
    """Before the first weight vectors are solved nothing; then those that are."""
    objective = Objective(obp_exponential, WEIGHTS)
    early = optimise(objective, Pareto(**SHORT), MaximumEvaluations(50))
    assert early.findings == ()
    assert sum(early.schedule) == 24
    later = optimise(objective, Pareto(**SHORT), MaximumEvaluations(6_000))
    assert later.status == "optimal"
    assert 0 < len(frontier_of(later).points) < 12 + 20


def test_the_command_writes_the_frontier(tmp_path: Path):
    """`+experiment=frontier`, on a small session: table, result, report."""
    done = command(
        "+experiment=frontier", "session.patients=5", "session.intervals=8", "strategy.weights=9",
        "strategy.generations=5", "strategy.population=12", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "One minute" in done.stdout
    assert "Hypervolume up to" in done.stdout
    [path] = tmp_path.glob("outputs/*/*/frontier.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    proved = [row for row in rows if row["source"] == "exact"]
    assert {row["status"] for row in proved} == {"optimal"}
    assert sum(row["knee"] == "True" for row in rows) <= 1
    contents = json.loads((path.parent / "result.json").read_text())
    objective = Objective(ClinicSession(5, 8, 5.0, ServiceTime.exponential(9.0)), WEIGHTS)
    for row in proved:
        performance = objective([int(count) for count in row["schedule"].split()])
        assert float(row["waiting"]) == pytest.approx(float(performance.waiting))
        assert float(row["tardiness"]) == pytest.approx(float(performance.tardiness))
    found = contents["findings"]["frontier"]
    assert set(found["hypervolume"]) == {"exact", "nsga2"}
    assert len(found["reference_point"]) == 2
    assert 'id="plot-frontier"' in (path.parent / "report.html").read_text()


BAD = {
    "an unknown method": ({"method": "magic"}, "strategy.method is 'magic'"),
    "no weights": ({"weights": 0}, "strategy.weights is 0"),
    "an unknown choice": ({"choice": "random"}, "strategy.choice is 'random'"),
    "nothing side by side": ({"side_by_side": 0}, "strategy.side_by_side is 0"),
    "half a population": ({"population": 10.5}, "strategy.population is 10.5"),
    "a population of three": ({"population": 3}, "strategy.population is 3"),
    "no generations": ({"generations": 0}, "strategy.generations is 0"),
    "no patients to hand over": ({"crossover_patients": 0}, "strategy.crossover_patients is 0"),
    "a share above one": ({"halfway_probability": 1.5}, "strategy.halfway_probability is 1.5"),
    "a share that is no number": (
        {"mutation_probability": float("nan")}, "strategy.mutation_probability is nan"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_parameters_are_refused_by_name(case: str):
    """On construction."""
    parameters, message = BAD[case]
    with pytest.raises(InvalidInput, match=message):
        make_strategy("pareto", parameters)


def test_what_has_no_frontier_is_refused(four_patients: ClinicSession):
    """A free number of patients; and dichotomic choice among three costs."""
    free = Objective(four_patients, WEIGHTS, value_per_patient=5.0)
    with pytest.raises(InvalidInput, match=r"value_per_patient is 5\.0"):
        optimise(free, "pareto")
    three = Objective(four_patients, WEIGHTS, idle="makespan")
    with pytest.raises(InvalidInput, match=r"strategy\.choice is 'dichotomic'"):
        optimise(three, Pareto(choice="dichotomic"))
