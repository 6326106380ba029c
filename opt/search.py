"""A search under way: a run, its clock and its history, and what it comes to in the end."""

import time
from dataclasses import asdict
from typing import Any

from objective import InvalidInput
from opt.certificate import verify
from opt.result import Iteration, Result, in_its_order, status_of
from opt.run import Candidate, Run, Strategy
from opt.stopping import Progress, Stopping


class Search:
    """A run of a strategy with its clock and its history."""

    def __init__(self, run: Run, strategy: Strategy, seed: int) -> None:
        self.run, self.strategy, self.seed = run, strategy, seed
        self.objective, self.constraints = run.objective, run.feasible.constraints
        self.history: list[Iteration] = []
        self.seconds = 0.0
        self.stalled = 0

    def iterate(self) -> None:
        """Do one iteration and write it down."""
        before = self.run.best
        began = time.perf_counter()
        self.run.step()
        self.seconds += time.perf_counter() - began
        self.note(before)

    def note(self, before: Candidate | None) -> None:
        """Write down the iteration that the run has done; ``before`` is what was best before it."""
        best, current = self.run.best, self.run.current
        assert best is not None
        assert current is not None
        self.stalled = 0 if best is not before else self.stalled + 1
        self.history.append(
            Iteration(
                iteration=len(self.history) + 1,
                evaluations=self.run.evaluations,
                seconds=self.seconds,
                best_cost=best.cost,
                cost=current.cost,
                schedule=current.schedule.tolist(),
                lower_bound=self.run.lower_bound,
            )
        )

    def progress(self) -> Progress:
        """Return where the search stands."""
        last = self.history[-1]
        return Progress(
            iteration=last.iteration,
            evaluations=last.evaluations,
            seconds=self.seconds,
            best_cost=last.best_cost,
            stalled=self.stalled,
            lower_bound=self.run.lower_bound,
            gap=self.run.gap,
        )

    def reason_to_stop(self, stop: Stopping) -> str | None:
        """Return why to stop before the next iteration; there is always a first one."""
        if not self.history:
            return None
        return self.run.finished or stop(self.progress())

    def identity(self) -> dict[str, Any]:
        """Return what a checkpoint must have in common with the search that goes on from it."""
        return {
            "objective": self.objective.to_dict(),
            "constraints": self.constraints.to_dict(),
            "strategy": self.strategy.name,
            "parameters": asdict(self.strategy),
            "seed": self.seed,
        }

    def state(self) -> dict[str, Any]:
        """Return everything needed to go on exactly."""
        return {
            "identity": self.identity(),
            "history": [asdict(line) for line in self.history],
            "seconds": self.seconds,
            "stalled": self.stalled,
            "run": self.run.state(),
        }

    def restore(self, contents: dict[str, Any]) -> None:
        """Go on from `state`."""
        theirs = contents.get("identity")
        for name, mine in self.identity().items():
            if not isinstance(theirs, dict) or theirs.get(name) != mine:
                raise InvalidInput("checkpoint", name, "of the same search; this one differs")
        try:
            self.history = [Iteration(**line) for line in contents["history"]]
            self.seconds, self.stalled = contents["seconds"], contents["stalled"]
            self.run.restore(contents["run"])
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise InvalidInput("checkpoint", "its contents", "complete") from None

    def result(self, termination: str) -> Result:
        """Return the best schedule, priced again, with its certificate, verified."""
        best, objective = self.run.best, self.run.objective
        assert best is not None
        performance = objective(best.schedule)
        proof, note = self.run.certify(), self.run.note
        if proof is not None and verify(proof, objective, self.constraints):
            proof, note = None, "the certificate did not verify"
        status = status_of(proof, objective, float(performance.cost[0]), int(best.schedule.sum()))
        if self.run.order_searched:
            status = in_its_order(status)
        if proof and status == "optimal":
            termination = "proved optimal"
        return Result(
            objective=objective,
            strategy=self.strategy.name,
            parameters=asdict(self.strategy),
            seed=self.seed,
            schedule=best.schedule.tolist(),
            performance=performance,
            constraints=self.constraints,
            certificate=proof,
            status=status,
            termination=termination,
            evaluations=self.run.evaluations,
            seconds=self.seconds,
            history=self.history,
            note=note,
            findings=self.run.findings(),
        )
