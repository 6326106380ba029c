"""What a session and a strategy of a request may ask of the service: seconds, not hours."""

from objective import ClinicSession, InvalidInput
from objective.chains import grid_step
from opt.run import Strategy
from opt.strategies.annealing import Annealing
from opt.strategies.genetic import Genetic
from opt.strategies.local_search import LocalSearch
from opt.strategies.pareto import Pareto
from opt.strategies.surrogate import Surrogate
from serve.api.schemas import MAX_INTERVALS

#: States of the chain times patients that one request may ask for: seconds, not hours.
MAX_STATES = 400_000
#: Schedules that a search may price between two looks at the clock.
MAX_ITERATION = 25_000
#: Products that a network may compute in an epoch, which is some seconds.
MAX_PRODUCTS = 10**10


def check_work(session: ClinicSession) -> None:
    """Refuse, before any work, a session whose expected work alone needs too many states."""
    check_size(int(session.expected_work / grid_step(session, None)) * session.patients)


def check_size(size: int) -> None:
    """Refuse a session that would keep the service busy for long, by states times patients."""
    if size > MAX_STATES:
        raise InvalidInput(
            "session",
            f"{size} states",
            f"smaller: fewer patients, or a law with a shorter tail or a wider step "
            f"(at most {MAX_INTERVALS} intervals)",
        )


def check_iteration(strategy: Strategy, session: ClinicSession) -> None:
    """Refuse parameters by which an iteration takes so long that no time limit is kept."""
    size = 0
    if isinstance(strategy, Genetic) and strategy.islands > 1:
        size = strategy.islands * strategy.population * strategy.migration_every
    elif isinstance(strategy, LocalSearch) and strategy.starts > 1:
        size = strategy.starts * min(session.patients, session.intervals) * session.intervals
    elif isinstance(strategy, Annealing):
        size = strategy.chains * strategy.proposals
    elif isinstance(strategy, Pareto):
        size = strategy.side_by_side * max(session.patients, session.intervals)
    elif isinstance(strategy, Surrogate) and strategy.network != "none":
        steps = session.intervals if strategy.network == "recurrent" else 1
        known = strategy.samples + strategy.rounds * strategy.kept
        products = known * steps * strategy.hidden**2
        if products > MAX_PRODUCTS:
            raise InvalidInput(
                "strategy.parameters",
                f"{products} products in an epoch of the network",
                f"smaller: at most {MAX_PRODUCTS}, by fewer schedules or a smaller hidden",
            )
    if size > MAX_ITERATION:
        raise InvalidInput(
            "strategy.parameters",
            f"{size} schedules in an iteration",
            f"smaller: at most {MAX_ITERATION} schedules between two looks at the clock",
        )
