"""Appointment times by stochastic programming: sample average approximation.

The two-stage program of Denton & Gupta (2003), doi:10.1080/07408170304395, is solved for several
independent samples of days. Each sample's best times are rounded to the grid and priced exactly, so
that sampling decides what is looked at and never what it costs; a local search goes on from the
best. The mean of the samples' bounds is a statistical bound for all times (Mak, Morton & Wood 1999,
doi:10.1016/S0167-6377(98)00054-6).
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from objective import InvalidInput, Mean, Objective
from objective.errors import positive_number, whole_number
from objective.schedules import appointment_intervals
from objective.simulator import simulate_times
from opt.feasible import FeasibleSchedules
from opt.findings import Finding
from opt.orders import in_order, kinds_of
from opt.run import Run, State
from opt.stochastic.continuous_times import ContinuousTimes
from opt.stochastic.rounding import roundings
from opt.stochastic.sample_programs import SamplePrograms
from opt.stochastic.sample_solution import SampleSolution
from opt.stochastic.scenarios import Sampling
from opt.strategies.local_search import LocalSearch, LocalSearchRun
from opt.strategies.rules import equispaced_times, schedule_at
from opt.validity import not_expressed

if TYPE_CHECKING:
    from opt.stochastic.solve import SampleSolver

#: Most waits that one program may hold, which takes minutes: patients, scenarios and, where the
#: order is searched, kinds of patients, multiplied.
MAX_WAITS = 200_000
#: Days that continuous times are simulated for, beside their samples.
OUT_OF_SAMPLE_DAYS = 100_000


@dataclass(frozen=True)
class StochasticProgram:
    """Sample average approximation with continuous appointment times.

    Parameters
    ----------
    scenarios
        Days in each sample.
    samples
        Number of independent samples; at least two tell how much the bound varies.
    sequence
        ``given``: the patients' order is the session's; ``searched``: where they differ, it is a
        decision, by binaries.
    sampling
        ``latin_hypercube`` or ``independent``; see `Sampling`.
    time_limit
        Seconds that the solver may take for one sample; then its best so far counts.
    threads
        Threads that the solver may use. The same seed is certain to give the same result with one,
        and as long as the time limit is not met.

    Stopping rules and the first Ctrl-C are looked at between samples; a second Ctrl-C ends the
    solver, and its best so far counts.
    """

    scenarios: int = 100
    samples: int = 5
    sequence: Literal["given", "searched"] = "given"
    sampling: Sampling = "latin_hypercube"
    time_limit: float = 60.0
    threads: int = 1
    name: ClassVar[str] = "stochastic_program"

    def __post_init__(self) -> None:
        whole_number("strategy.scenarios", self.scenarios, 1, MAX_WAITS)
        whole_number("strategy.samples", self.samples, 1, 1000)
        if self.sequence not in ("given", "searched"):
            raise InvalidInput("strategy.sequence", self.sequence, "'given' or 'searched'")
        if self.sampling not in ("latin_hypercube", "independent"):
            allowed = "'latin_hypercube' or 'independent'"
            raise InvalidInput("strategy.sampling", self.sampling, allowed)
        positive_number("strategy.time_limit", self.time_limit)
        whole_number("strategy.threads", self.threads, 1, 256)

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return a run; raise `InvalidInput` for an objective that no such program expresses."""
        check_expressible(objective)
        return StochasticProgramRun(objective, feasible, self, seed)


def check_expressible(objective: Objective) -> None:
    """Raise `InvalidInput` for what makes the program another one than a linear one."""
    session = objective.session
    whose = "for strategy stochastic_program"
    if session.walk_ins is not None:
        allowed = f"null {whose}: when walk-ins are served depends on the appointment times"
        raise InvalidInput("session.walk_ins", session.walk_ins.to_dict(), allowed)
    if session.has_interruptions_inside:
        late = [one.interval for one in session.interruptions if one.interval > 0]
        allowed = f"in interval 0 {whose}: whom others delay depends on the appointment times"
        raise InvalidInput("session.interruptions", f"in the intervals {late}", allowed)
    for part in ("waiting", "tardiness"):
        penalty = getattr(objective, f"{part}_penalty")
        if not isinstance(penalty, Mean):
            allowed = f"mean {whose}, which charges minutes"
            raise InvalidInput(f"penalties.{part}", penalty.to_dict()["penalty"], allowed)
    if objective.free:
        allowed = f"null {whose}, which books all patients"
        raise InvalidInput("value_per_patient", objective.value_per_patient, allowed)


class StochasticProgramRun(Run):
    """One step per sample, and then those of the local search."""

    def __init__(
        self,
        objective: Objective,
        feasible: FeasibleSchedules,
        strategy: StochasticProgram,
        seed: int,
    ) -> None:
        super().__init__(objective, feasible)
        self._strategy, self._seed, self._given = strategy, seed, objective
        session = objective.session
        self._kinds = kinds_of(session)
        self._searched = strategy.sequence == "searched" and max(self._kinds) > 0
        kinds = max(self._kinds) + 1 if self._searched else 1
        most = MAX_WAITS // (session.patients * kinds)
        if strategy.scenarios > most:
            allowed = f"at most {most} with {session.patients} patients"
            allowed += f" of {kinds} kinds in any order" if self._searched else ""
            raise InvalidInput("strategy.scenarios", strategy.scenarios, allowed)
        left_out = not_expressed(session, "a", feasible.constraints)
        notes = ["appointment times come from sampled days"]
        if strategy.sequence == "searched" and not self._searched:
            notes.append("the patients are alike, so that there is no order to search")
        if left_out:
            notes.append("only the rounded schedule meets: " + "; ".join(left_out))
        self.note = "; ".join(notes)
        self._solutions: list[SampleSolution] = []
        self._chosen = 0
        self._pending: Iterator[SampleSolution] | None = None
        self._polish: Run | None = None

    def step(self) -> None:
        """Solve a sample and round its times; after the last go on by local search."""
        if len(self._solutions) < self._strategy.samples:
            self._round(self._solve())
        else:
            self._search_on()

    def _solve(self) -> SampleSolution:
        """Return the next sample's solution."""
        if self._pending is None:
            strategy, objective = self._strategy, self._given
            programs = SamplePrograms(
                objective,
                self.feasible.constraints,
                searched=self._searched,
                scenarios=strategy.scenarios,
                sampling=strategy.sampling,
                seed=self._seed,
                samples=range(len(self._solutions), strategy.samples),
            )
            self._pending = self.workers.map(self._solver(), programs)
        solution = next(self._pending)
        self._solutions.append(solution)
        return solution

    def _solver(self) -> "SampleSolver":
        """Return what solves a program, with evenly spread appointments to fall back on."""
        # Only who solves waits for Pyomo, which takes as long to import as all else of `opt`.
        from opt.stochastic.solve import SampleSolver

        session = self._given.session
        even = self.feasible.nearest(schedule_at(self._given, equispaced_times(self._given)))
        intervals = appointment_intervals(even[None], session.patients)[0]
        return SampleSolver(
            time_limit=self._strategy.time_limit,
            threads=self._strategy.threads,
            times=tuple((intervals * session.interval_length).tolist()),
            kinds=tuple(self._kinds) if self._searched else (0,) * session.patients,
        )

    def _round(self, solution: SampleSolution) -> None:
        """Price the schedules that the times of a sample may mean, in their order."""
        objective = self._in_order_of(solution)
        schedules = roundings(np.array(solution.times), objective.session)
        schedules = self.feasible.repaired(schedules).to(objective.device)
        costs = self.workers.evaluator(objective)(schedules).cost
        self.evaluations += len(schedules)
        least = int(costs.argmin())
        if self.offer(schedules[least], float(costs[least])):
            self._choose(len(self._solutions) - 1)

    def _choose(self, sample: int) -> None:
        """Go on with the times of a sample, and with their order."""
        self._chosen = sample
        self.objective = self._in_order_of(self._solutions[sample])
        self.employ(self.workers)

    def _in_order_of(self, solution: SampleSolution) -> Objective:
        """Return the objective with the patients in the order of a solution."""
        if not self._searched or solution.kinds == tuple(self._kinds):
            return self._given
        return self._given.with_session(in_order(self._given.session, solution.kinds))

    def _search_on(self) -> None:
        if self._polish is None:
            self._polish = self._local_search()
        before = self._polish.evaluations
        self._polish.step()
        self.evaluations += self._polish.evaluations - before
        best = self._polish.best
        assert best is not None
        self.offer(best.schedule, best.cost)
        self.finished = self._polish.finished

    def _local_search(self) -> Run:
        assert self.best is not None
        start = self.best.schedule[None].to(self.objective.device)
        run = LocalSearchRun(self.objective, self.feasible, LocalSearch(), self._seed, start)
        run.employ(self.workers)
        return run

    def findings(self) -> tuple[Finding, ...]:
        """Return the continuous times that the schedule comes from, simulated on other days."""
        assert self.best is not None
        objective, chosen = self.objective, self._solutions[self._chosen]
        session = objective.session
        days = simulate_times(session, chosen.times, OUT_OF_SAMPLE_DAYS, self._seed)
        return (
            ContinuousTimes(
                chosen=self._chosen,
                solutions=tuple(self._solutions),
                scenarios=self._strategy.scenarios,
                order=None if session.order is None else tuple(session.order),
                searched=self._searched,
                days=OUT_OF_SAMPLE_DAYS,
                out_of_sample=days.cost(objective.weights, objective.idle),
            ),
        )

    def own_state(self) -> State:
        """Return the samples' solutions, and where the local search is."""
        return {
            "solutions": [asdict(solution) for solution in self._solutions],
            "chosen": self._chosen,
            "polish": self._polish.state() if self._polish else None,
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        self._solutions = [SampleSolution(**solution) for solution in state["solutions"]]
        self._choose(state["chosen"])
        if state["polish"] is not None:
            self._polish = self._local_search()
            self._polish.restore(state["polish"])
