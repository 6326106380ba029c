"""Whether a network's ranking pays: cost reached against seconds, with it and without."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from objective import ClinicSession, Objective, ServiceTime, WalkIns, Weights
from opt import Result, make_strategy, optimise
from tests.benchmarks.measure import note

pytestmark = pytest.mark.benchmark

WEIGHTS = Weights(0.4, 0.2, 0.4)
SESSIONS = {
    "obp_exponential": ClinicSession(24, 48, 5.0, ServiceTime.exponential(9.0)),
    "walk-ins": ClinicSession(
        24, 48, 5.0, ServiceTime.gamma(8.0, 0.6), 0.1,
        WalkIns(ServiceTime.gamma(10.0, 0.8), rate=0.05),
    ),
}  # fmt: skip
#: By which share above the proved optimum a schedule counts as good.
GOOD = 0.005
ROUNDS = 15


def seconds_to(result: Result, cost: float) -> float | None:
    """Return after how many seconds a search had a schedule of at most this cost."""
    good = (line.seconds for line in result.history if line.best_cost <= cost)
    return next(good, None)


@pytest.mark.parametrize("network", ["fully_connected", "recurrent"])
@pytest.mark.parametrize("name", list(SESSIONS))
def test_surrogate(benchmark: BenchmarkFixture, name: str, network: str):
    """Seconds to a schedule 0.5 % above the optimum, beside pricing every candidate.

    A ratio below 1 says that the network costs more than it spares.
    """
    objective = Objective(SESSIONS[name], WEIGHTS)
    proved, descent = optimise(objective), optimise(objective, "local_search")
    found: dict[str, Result] = {}

    def search(kind: str) -> Result:
        strategy = make_strategy("surrogate", {"network": kind, "rounds": ROUNDS})
        found[kind] = optimise(objective, strategy)
        return found[kind]

    search("none")
    benchmark.pedantic(lambda: search(network), rounds=1)
    good = (1 + GOOD) * proved.cost
    ours, theirs = (seconds_to(found[kind], good) for kind in (network, "none"))
    # A search that never gets there has taken at least its whole time.
    ours, theirs = ours or found[network].seconds, theirs or found["none"].seconds
    note(benchmark, "the same search with every candidate priced", theirs / ours, target=None)
    told = found[network].findings[0].to_dict()
    benchmark.extra_info.update(
        percent_above_optimum=100 * (found[network].cost / proved.cost - 1),
        percent_above_optimum_without=100 * (found["none"].cost / proved.cost - 1),
        percent_above_optimum_of_local_search=100 * (descent.cost / proved.cost - 1),
        seconds=found[network].seconds,
        seconds_without=found["none"].seconds,
        seconds_of_local_search=descent.seconds,
        seconds_of_exact=proved.seconds,
        evaluations=found[network].evaluations,
        evaluations_without=found["none"].evaluations,
        held_out_rank_correlation=told["quality"]["rank_correlation"],
    )
