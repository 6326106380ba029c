"""The genetic algorithm: its record, islands, restarts, courses and duplicates."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from objective import ClinicSession, InvalidInput, Objective, Performance, ServiceTime, Weights
from opt import Constraints, MaximumEvaluations, Result, make_strategy, optimise
from opt.feasible import FeasibleSchedules
from opt.strategies import genetic_evolution
from opt.strategies.genetic import Genetic
from opt.strategies.genetic_evolution import Evolution
from opt.strategies.genetic_island import Island, migrate, settle
from opt.workers import Evaluator, Item, LocalWorkers, Outcome

SESSION = ClinicSession(9, 16, 5.0, ServiceTime.exponential(8.0), no_show=0.1)
SMALL = {"population": 20, "generations": 23, "elite": 2}
ISLANDS = {**SMALL, "islands": 3, "migration_every": 5, "migrants": 2, "restart_after": 4}
CHANGING = {
    "pressure": {"first": 2, "last": 30},
    "mutation_probability": {"first": 0.8, "last": 0.1, "shape": "geometric"},
    "crossover_patients": {"first": 3, "last": 1},
}


def objective() -> Objective:
    """Return a small objective."""
    return Objective(SESSION, Weights(0.4, 0.2, 0.4))


def everything() -> FeasibleSchedules:
    """Return all schedules of the session."""
    return FeasibleSchedules(SESSION, Constraints(), free=False)


class BackwardWorkers:
    """Workers elsewhere: items and outcomes are pickled, and the last item is done first."""

    def map(self, task: Callable[[Item], Outcome], items: Sequence[Item]) -> Iterator[Outcome]:
        """Do a task for every item; yield the outcomes in the order of the items."""
        sent = [pickle.dumps(item) for item in items]
        outcomes = [pickle.dumps(task(pickle.loads(item))) for item in reversed(sent)]
        return map(pickle.loads, reversed(outcomes))

    def evaluator(self, objective: Objective) -> Evaluator:
        """Return the objective itself."""
        return objective


class CountingWorkers(LocalWorkers):
    """Workers that remember what they priced."""

    def __init__(self) -> None:
        self.priced: list[Tensor] = []

    def evaluator(self, objective: Objective) -> Evaluator:
        """Return the objective, with a memory."""

        def price(schedules: Tensor) -> Performance:
            self.priced.append(schedules)
            return objective(schedules)

        return price


def lines(result: Result) -> list[tuple[float, list[int], int]]:
    """Return what the history says of each iteration but its seconds."""
    return [(line.cost, list(line.schedule), line.evaluations) for line in result.history]


def test_the_best_schedule_never_gets_worse(obp_exponential: ClinicSession, weights: Weights):
    """With elitism; equal seeds give equal runs, another seed another one."""
    objective = Objective(obp_exponential, weights)
    strategy = make_strategy("genetic", {"population": 60, "generations": 25})
    one, same, other = (optimise(objective, strategy, seed=seed) for seed in (3, 3, 4))
    costs = [line.cost for line in one.history]
    assert costs == sorted(costs, reverse=True)
    assert one.termination == "generations"
    assert one.schedule == same.schedule
    assert costs == [line.cost for line in same.history]
    assert costs != [line.cost for line in other.history]
    assert one.evaluations == same.evaluations <= 60 + 24 * 55


def test_deap_keeps_the_record(obp_exponential: ClinicSession, weights: Weights):
    """Logbook and hall of fame agree with the run."""
    objective = Objective(obp_exponential, weights)
    strategy = make_strategy("genetic", {"population": 40, "generations": 5})
    feasible = FeasibleSchedules(objective.session, Constraints(), free=False)
    run = strategy.begin(objective, feasible, seed=0)
    for _ in range(5):
        run.step()
    assert [line["generation"] for line in run.logbook] == [0, 1, 2, 3, 4]
    assert run.logbook[-1]["best"] == run.best.cost
    assert list(run.hall_of_fame[0]) == run.best.schedule.tolist()
    assert run.hall_of_fame[0].fitness.values[0] == run.best.cost


@pytest.mark.parametrize("islands", [1, 3])
def test_islands_end_the_same_whoever_does_the_work(islands: int):
    """In this process one after the other, or elsewhere in another order."""
    strategy = make_strategy("genetic", {**ISLANDS, "islands": islands})
    here = optimise(objective(), strategy, seed=2)
    there = optimise(objective(), strategy, seed=2, workers=BackwardWorkers())
    assert lines(here) == lines(there)
    assert here.schedule == there.schedule


def test_an_iteration_of_islands_lasts_until_a_migration(tmp_path: Path):
    """The last one is shorter; the logbook has every generation of every island."""
    strategy = make_strategy("genetic", ISLANDS)
    run = strategy.begin(objective(), everything(), seed=2)
    while run.finished is None:
        run.step()
    assert [(line["generation"], line["island"]) for line in run.logbook] == [
        (generation, island)
        for first in range(0, 23, 5)
        for island in range(3)
        for generation in range(first, min(first + 5, 23))
    ]
    assert sum(line["evaluations"] for line in run.logbook) == run.evaluations
    assert min(line["best"] for line in run.logbook) == run.best.cost
    assert list(run.hall_of_fame[0]) == run.best.schedule.tolist()


def test_islands_differ_and_have_generators_of_their_own():
    """Derived from the seed: the same seed gives the same islands."""
    one, same, other = (settle(objective(), everything(), 3, 10, seed) for seed in (4, 4, 5))
    for island, twin in zip(one, same, strict=True):
        assert island.population.equal(twin.population)
        assert island.generator.equal(twin.generator)
    states = {tuple(island.generator.tolist()) for island in [*one, *other]}
    assert len(states) == 6


def test_the_best_migrate_to_the_next_island_in_the_ring():
    """In place of its worst; the last island sends to the first, all at once."""
    islands = [
        Island(
            population=torch.full((3, 4), index),
            costs=torch.tensor([10.0, 20.0, 30.0]) + index,
            generator=torch.Generator().get_state(),
        )
        for index in range(3)
    ]
    arrived = migrate(islands, 2)
    assert [sorted(island.costs.tolist()) for island in arrived] == [
        [10.0, 12.0, 22.0], [10.0, 11.0, 20.0], [11.0, 12.0, 21.0],
    ]  # fmt: skip
    for island, neighbour, index in zip(arrived, (2, 0, 1), range(3), strict=True):
        assert sorted(island.population[:, 0].tolist()) == sorted([index, neighbour, neighbour])
    assert [island.costs.tolist() for island in migrate(islands, 0)] == [
        island.costs.tolist() for island in islands
    ]


def test_evolution_is_a_pure_function_of_the_island():
    """Twice the same; in two parts as in one; and the island given stays as it is."""
    evolution = Evolution(objective(), everything(), Genetic(**SMALL), objective())
    (island,) = settle(objective(), everything(), 1, 20, seed=3)
    before = {name: torch.as_tensor(value).clone() for name, value in vars(island).items()}
    once, told = evolution.evolve(island, 9)
    part, first = evolution.evolve(island, 4)
    again, rest = evolution.evolve(part, 5)
    assert first + rest == told
    for name, value in vars(once).items():
        assert torch.as_tensor(value).equal(torch.as_tensor(getattr(again, name)))
        assert torch.as_tensor(getattr(island, name)).equal(before[name])


def test_a_restart_begins_afresh_and_keeps_the_best():
    """After so many generations without a better schedule: all but one are new."""
    strategy = Genetic(**SMALL, restart_after=3)
    evolution = Evolution(objective(), everything(), strategy, objective())
    (island,) = settle(objective(), everything(), 1, 20, seed=0)
    restarts = 0
    for _ in range(60):
        before = island
        island, _ = evolution.evolve(island, 1)
        assert island.best <= before.best
        assert float(island.costs.min()) == island.best
        if before.stalled < 3:
            continue
        restarts += 1
        assert island.stalled == 0
        assert island.population[0].equal(before.population[before.costs.argmin()])
        spread = float(before.costs.median()), float(island.costs.median())
        assert spread[1] > spread[0]
    assert restarts >= 3


def test_parameters_follow_their_course(monkeypatch: pytest.MonkeyPatch):
    """From the first generation that is bred to the last one."""
    seen: list[tuple[float, int]] = []
    select, mate = genetic_evolution.select_by_fitness, genetic_evolution.transfer_patients

    def selecting(costs: Tensor, number: int, pressure: float, *more: torch.Generator) -> Tensor:
        seen.append((pressure, 0))
        return select(costs, number, pressure, *more)

    def mating(*arguments: object, patients: int, **more: object) -> tuple[Tensor, Tensor]:
        seen[-1] = (seen[-1][0], patients)
        return mate(*arguments, patients=patients, **more)

    monkeypatch.setattr(genetic_evolution, "select_by_fitness", selecting)
    monkeypatch.setattr(genetic_evolution, "transfer_patients", mating)
    optimise(objective(), make_strategy("genetic", {**SMALL, "generations": 5, **CHANGING}))
    assert [pressure for pressure, _ in seen] == [9.0, 16.0, 23.0, 30.0]
    assert [patients for _, patients in seen] == [2, 2, 2, 1]


def test_a_schedule_is_not_priced_twice():
    """Neither within a generation nor if it stood in the one before; what is priced is counted."""
    workers = CountingWorkers()
    strategy = make_strategy("genetic", {**SMALL, "generations": 60, "crossover_probability": 0.5})
    run = strategy.begin(objective(), everything(), seed=1)
    run.employ(workers)
    before: set[tuple[int, ...]] = set()
    while run.finished is None:
        priced = len(workers.priced)
        run.step()
        rows = [tuple(row) for batch in workers.priced[priced:] for row in batch.tolist()]
        assert len(set(rows)) == len(rows)
        assert not before & set(rows)
        (island,) = run.own_state()["islands"]
        before = set(map(tuple, island["population"].tolist()))
        assert set(rows) <= before
        assert island["costs"].numpy() == pytest.approx(
            objective()(island["population"]).cost.numpy(), rel=1e-12
        )
    assert run.evaluations == sum(map(len, workers.priced)) < 20 + 59 * 18


def test_a_run_that_prices_everything_goes_the_same_way(monkeypatch: pytest.MonkeyPatch):
    """Only with more schedules priced."""
    search = partial(optimise, objective(), make_strategy("genetic", SMALL), seed=6)
    sparing = search()

    def price_all(
        known: Tensor, costs: Tensor, schedules: Tensor, price: Callable[[Tensor], Tensor]
    ) -> tuple[Tensor, int]:
        return price(schedules), len(schedules)

    monkeypatch.setattr(genetic_evolution, "price_once", price_all)
    lavish = search()
    assert lavish.evaluations == 20 + 22 * 18 > sparing.evaluations
    assert [line[1] for line in lines(lavish)] == [line[1] for line in lines(sparing)]
    assert lavish.cost == sparing.cost


@pytest.mark.parametrize(
    "parameters",
    [ISLANDS, {**ISLANDS, **CHANGING}, {**SMALL, "restart_after": 3, "selection": "tournament"}],
    ids=["islands and restarts", "islands, restarts and courses", "tournaments and restarts"],
)
def test_it_is_resumed_exactly_at_any_iteration(parameters: dict[str, object], tmp_path: Path):
    """Stopped after each share of the evaluations."""
    path, strategy = tmp_path / "checkpoint.pt", make_strategy("genetic", parameters)
    whole = optimise(objective(), strategy, seed=8)
    stops = torch.randint(1, whole.evaluations, (5,), generator=torch.Generator().manual_seed(1))
    for stop in stops.tolist():
        optimise(objective(), strategy, MaximumEvaluations(stop), 8, checkpoint=path)
        rest = optimise(objective(), strategy, seed=8, checkpoint=path, resume=True)
        assert lines(rest) == lines(whole)
        assert rest.schedule == whole.schedule


@pytest.mark.parametrize("selection", ["fitness", "tournament"])
def test_islands_search_a_free_number_and_constraints(selection: str):
    """Nobody more than there are is booked, and what is demanded holds."""
    free = Objective(SESSION, Weights(0.4, 0.2, 0.4), value_per_patient=6.0)
    strategy = make_strategy("genetic", {**ISLANDS, "selection": selection})
    demands = Constraints(blocked=[5, 6], capacity=2)
    result = optimise(free, strategy, seed=3, constraints=demands)
    best = optimise(free, constraints=demands)
    feasible = FeasibleSchedules(SESSION, demands, free=True)
    assert feasible.contains(torch.tensor([line.schedule for line in result.history])).all()
    assert best.cost - 1e-9 <= result.cost <= best.cost + 0.1 * abs(best.cost)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"population": 2}, "strategy.population is 2"),
        ({"elite": 300}, "strategy.elite is 300"),
        ({"pressure": 0}, "strategy.pressure is 0"),
        ({"mutation_probability": 1.5}, "strategy.mutation_probability is 1.5"),
        ({"crossover_patients": 0}, "strategy.crossover_patients is 0"),
        ({"generations": 0}, "strategy.generations is 0"),
        ({"selection": "luck"}, "strategy.selection is 'luck'; it must be 'fitness' or 'tour"),
        ({"tournament_size": 0}, "strategy.tournament_size is 0"),
        ({"shift_probability": -0.1}, "strategy.shift_probability is -0.1"),
        ({"restart_after": 0}, "strategy.restart_after is 0"),
        ({"islands": 0}, "strategy.islands is 0"),
        ({"islands": 10_000, "population": 10_000}, "islands times population is 100000000"),
        ({"migration_every": 2.5}, "strategy.migration_every is 2.5"),
        ({"migrants": 100}, "strategy.migrants is 100; it must be a whole number from 0 to 99"),
        ({"crossover_patients": {"first": 3, "last": 0}}, "strategy.crossover_patients.last is 0"),
        ({"mates": 4}, "strategy.mates is 4; it must be one of population"),
    ],
)
def test_impossible_parameters_are_refused(parameters: dict[str, object], message: str):
    """By name, value and range."""
    with pytest.raises(InvalidInput, match=message):
        make_strategy("genetic", parameters)
