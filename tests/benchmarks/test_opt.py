"""Speed of the searches."""

import random
import time
from statistics import median
from typing import Any

import numpy as np
import pytest
import torch
from deap import algorithms, base, tools
from pytest_benchmark.fixture import BenchmarkFixture

from objective import ClinicSession, Objective, Performance, ServiceTime, Weights
from opt import make_strategy, optimise
from opt.constraints import Constraints
from opt.feasible import FeasibleSchedules
from opt.frontier import Frontier
from opt.run import Run
from opt.strategies.pareto import Pareto
from opt.workers import Evaluator, LocalWorkers
from tests.benchmarks.measure import median_seconds, note
from tests.cases import random_schedules
from tests.reference.plain_loops import eval_exp

pytestmark = pytest.mark.benchmark

WEIGHTS = Weights(0.4, 0.2, 0.4)


OBP = (24, 48, 5, 9.0)
DEMANDING = Constraints(
    blocked=[5, 11, 12, 17, 23, 24, 29, 35, 36, 41], minimum={2: 1, 20: 2, 33: 1}
)


@pytest.mark.parametrize(
    ("session", "constraints", "limit"),
    [(OBP, Constraints(), 0.2), ((60, 240, 1, 3.6), Constraints(), 10.0), (OBP, DEMANDING, 1.0)],
    ids=[
        "obp_exponential",
        "60 patients in 240 intervals",
        "obp_exponential, ten blocked intervals and three pins",
    ],
)
def test_exact(
    benchmark: BenchmarkFixture,
    session: tuple[int, int, int, float],
    constraints: Constraints,
    limit: float,
):
    """From the first schedule to the proof, beside the seconds that are allowed."""
    patients, intervals, length, mean = session
    law = ServiceTime.exponential(mean)
    objective = Objective(ClinicSession(patients, intervals, float(length), law), WEIGHTS)
    result = benchmark.pedantic(
        lambda: optimise(objective, constraints=constraints), rounds=3, warmup_rounds=1
    )
    assert result.status == "optimal"
    reference = median_seconds(lambda: eval_exp(result.schedule, mean, float(length)), rounds=3)
    median = float(benchmark.stats.stats.median)
    what = f"its {result.evaluations} schedules in the plain-loop reference"
    note(benchmark, what, result.evaluations * reference / median, target=None)
    benchmark.extra_info["allowed_seconds"] = limit


class TimedWorkers(LocalWorkers):
    """Workers that know how long the evaluation of schedules has taken.

    Here and below in seconds of the processor, so that what else runs on the machine does not count
    as overhead.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    def evaluator(self, objective: Objective) -> Evaluator:
        """Return the objective, with a clock."""

        def price(schedules: torch.Tensor) -> Performance:
            began = time.process_time()
            performance = objective(schedules)
            self.seconds += time.process_time() - began
            return performance

        return price


def large_generations(parameters: dict[str, Any], rounds: int) -> tuple[Run, TimedWorkers]:
    """Return a run of 10,000 individuals after its first generation, and its workers."""
    session = ClinicSession(24, 48, 5.0, ServiceTime.exponential(9.0))
    large = {"population": 10_000, "generations": 1 + rounds, **parameters}
    feasible = FeasibleSchedules(session, Constraints(), free=False)
    run = make_strategy("genetic", large).begin(Objective(session, WEIGHTS), feasible, seed=0)
    workers = TimedWorkers()
    run.employ(workers)
    run.step()
    workers.seconds = 0.0
    return run, workers


def test_frontier(benchmark: BenchmarkFixture):
    """200 weight vectors of the long session, every point proved, beside one search after another.

    The searches in a row are a tenth of the same weight vectors.
    """
    law = ServiceTime.exponential(9.0)
    objective = Objective(ClinicSession(24, 48, 5.0, law), WEIGHTS)
    result = benchmark.pedantic(lambda: optimise(objective, Pareto("exact")), rounds=1)
    [frontier] = result.findings
    assert isinstance(frontier, Frontier)
    points = frontier.to_dict()
    assert points["supported"] == points["weight_vectors"] == 200
    vectors = [point.weights for point in frontier.points][::10]
    began = time.perf_counter()
    singles = [optimise(objective.with_weights(weights)) for weights in vectors]
    in_a_row = (time.perf_counter() - began) * 200 / len(singles)
    assert all(single.status == "optimal" for single in singles)
    seconds = float(benchmark.stats.stats.median)
    note(benchmark, "one search after the other", in_a_row / seconds, target=1)
    benchmark.extra_info["allowed_seconds"] = 30.0


def test_genetic_overhead(benchmark: BenchmarkFixture):
    """Variation, selection and bookkeeping of 10,000 individuals beside their evaluation."""
    rounds = 15
    run, workers = large_generations({}, rounds)
    began = time.process_time()
    benchmark.pedantic(run.step, rounds=rounds)
    overhead = time.process_time() - began - workers.seconds
    note(benchmark, "the evaluation of the generation", workers.seconds / overhead, target=1)
    benchmark.extra_info["overhead_seconds"] = overhead / rounds
    benchmark.extra_info["evaluated_share"] = run.evaluations / (10_000 * (1 + rounds))


#: Operators that both have: tournaments, transfer of a patient each way, swap of two intervals.
COMMON = {
    "selection": "tournament", "tournament_size": 5, "crossover_probability": 0.9,
    "mutation_probability": 0.3, "shift_probability": 0.0, "elite": 0,
}  # fmt: skip


class Cost(base.Fitness):  # type: ignore[misc]
    """What DEAP's own program minimises."""

    weights = (-1.0,)


class Individual(list[int]):
    """A schedule of DEAP's own program."""

    def __init__(self, schedule: list[int]) -> None:
        super().__init__(schedule)
        self.fitness = Cost()


def give_a_patient(giver: list[int], receiver: list[int]) -> None:
    """Move a patient: crowded intervals give, sparse ones receive more often."""
    places = range(len(giver))
    (source,) = random.choices(places, giver)
    (target,) = random.choices(places, [1 / (1 + patients) for patients in receiver])
    giver[source] -= 1
    receiver[target] += 1


def mate(first: Individual, second: Individual) -> tuple[Individual, Individual]:
    """Move a patient from one parent to the other, and one back."""
    give_a_patient(first, second)
    give_a_patient(second, first)
    return first, second


def mutate(individual: Individual) -> tuple[Individual]:
    """Swap two intervals."""
    one, other = random.randrange(len(individual)), random.randrange(len(individual))
    individual[one], individual[other] = individual[other], individual[one]
    return (individual,)


def test_overhead_beside_the_evolution_of_lists(benchmark: BenchmarkFixture):
    """DEAP's `eaSimple` on 10,000 lists, whose evaluation is trivial, with the same operators."""
    toolbox = base.Toolbox()
    toolbox.register("evaluate", lambda individual: (float(individual[0]),))
    toolbox.register("select", tools.selTournament, tournsize=COMMON["tournament_size"])
    toolbox.register("mate", mate)
    toolbox.register("mutate", mutate)
    statistics = tools.Statistics(lambda individual: individual.fitness.values)
    for name, function in (("best", np.min), ("mean", np.mean), ("worst", np.max)):
        statistics.register(name, function)
    population = [Individual(one) for one in random_schedules(10_000, 24, 48).tolist()]

    def evolve(generations: int) -> float:
        """Return the seconds of so many generations."""
        random.seed(0)
        fresh = [toolbox.clone(individual) for individual in population]
        began = time.process_time()
        algorithms.eaSimple(
            fresh, toolbox, COMMON["crossover_probability"], COMMON["mutation_probability"],
            generations, statistics, tools.HallOfFame(10), verbose=False,
        )  # fmt: skip
        return time.process_time() - began

    rounds, ours, theirs = 5, [], []
    run, workers = large_generations(COMMON, 3 * rounds + rounds)
    for _ in range(rounds):
        # Turn by turn, so that a machine that slows down does so for both.
        began, workers.seconds = time.process_time(), 0.0
        for _ in range(3):
            run.step()
        ours.append((time.process_time() - began - workers.seconds) / 3)
        theirs.append((evolve(3) - evolve(1)) / 2)
    mine, peer = median(ours), median(theirs)
    benchmark.pedantic(run.step, rounds=rounds)
    note(benchmark, "DEAP's eaSimple on lists, without evaluation", peer / mine, target=10)
    benchmark.extra_info.update(overhead_seconds=mine, eaSimple_overhead_seconds=peer)
