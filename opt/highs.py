"""HiGHS, called through Pyomo.

A limit ends a solution with the best so far, never with an exception. The solver's log is kept from
the terminal by turning the whole process's output away for a while, so that one call at a time runs
in a process; two at once would wait for each other for ever.
"""

import threading
from typing import Any

from pyomo.contrib.solver.common.factory import SolverFactory

_ONE_AT_A_TIME = threading.Lock()


def solve(model: Any, time_limit: float, threads: int, gap: float | None = None) -> Any:
    """Return Pyomo's results for a model: status, incumbent and bound; the model is left as it is.

    Parameters
    ----------
    model
        A `pyomo.environ.ConcreteModel`.
    time_limit
        Seconds after which the best so far counts.
    threads
        Threads that the solver may use.
    gap
        Share of the objective between incumbent and bound at which to end; by default the solver's.
    """
    with _ONE_AT_A_TIME:
        return SolverFactory("highs").solve(
            model,
            threads=threads,
            rel_gap=gap,
            time_limit=time_limit,
            load_solutions=False,
            raise_exception_on_nonoptimal_result=False,
        )
