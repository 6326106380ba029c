"""All strategies by name: the only names that configuration and the service may pick."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from objective import InvalidInput
from opt.run import Strategy
from opt.strategies.annealing import Annealing
from opt.strategies.atlas import FromAtlas
from opt.strategies.exact import Exact
from opt.strategies.genetic import Genetic
from opt.strategies.local_search import LocalSearch
from opt.strategies.order_search import OrderSearch
from opt.strategies.pareto import Pareto
from opt.strategies.rules import BaileyWelch, Equispaced, Individual, TwoAtATime
from opt.strategies.stochastic_program import StochasticProgram
from opt.strategies.surrogate import Surrogate

STRATEGIES: dict[str, Any] = {
    strategy.name: strategy
    for strategy in (
        Exact,
        LocalSearch,
        Genetic,
        Annealing,
        Pareto,
        OrderSearch,
        StochasticProgram,
        Surrogate,
        FromAtlas,
        BaileyWelch,
        Individual,
        TwoAtATime,
        Equispaced,
    )
}
#: The rules that practitioners use, shown beside every result.
BASELINES = ("bailey_welch", "individual", "two_at_a_time", "equispaced")


def make_strategy(name: str, parameters: Mapping[str, Any] | None = None) -> Strategy:
    """Return the strategy of a name with the given parameters.

    Raises
    ------
    InvalidInput
        If the name or a parameter is unknown, naming the choices, or a value is out of range.
    """
    if name not in STRATEGIES:
        raise InvalidInput("strategy.name", name, "one of " + ", ".join(STRATEGIES))
    kind = STRATEGIES[name]
    known = [field.name for field in fields(kind)]
    for key in parameters or {}:
        if key not in known:
            allowed = "one of " + ", ".join(known) if known else f"left out: {name} has no options"
            raise InvalidInput(f"strategy.{key}", (parameters or {})[key], allowed)
    strategy: Strategy = kind(**(parameters or {}))
    return strategy


def is_deterministic(strategy: Strategy) -> bool:
    """Return whether every seed gives the same run, where a strategy says so."""
    return bool(getattr(strategy, "deterministic", False))
