"""A search in which a network ranks the candidates and the chain prices the promising ones.

First varied schedules are priced, and a network learns to predict their cost. Then, round by round,
many neighbours of the best schedules are ranked by the network, the chain prices the best ranked,
and the network learns from these too. Only the chain's prices count: what the network guesses
decides what is priced, never what is accepted.

It pays beside pricing every candidate where a schedule is dear, as with walk-ins, and not where the
queue length is followed. It does not pay beside `local_search`, whose moves are priced without
evaluating the schedules: see tests/benchmarks/test_surrogate.py.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from objective import InvalidInput, Objective
from objective.errors import whole_number
from opt.feasible import FeasibleSchedules
from opt.findings import Finding
from opt.run import Run, State, generator_of
from opt.surrogate.finding import Round, Seconds, SurrogateFinding
from opt.surrogate.schedules import ScheduleSource
from opt.surrogate.training import Trainer, numbers, rank_correlation

#: Schedules priced in one step while there is nothing to learn from yet.
SAMPLED_AT_ONCE = 256
#: How often the network goes over everything known before each later round.
EPOCHS_PER_ROUND = 2


@dataclass(frozen=True)
class Surrogate:
    """Search by a network's ranking.

    Parameters
    ----------
    network
        ``fully_connected``; ``recurrent``, a gated recurrent unit over the intervals; or ``none``:
        the same search with every candidate priced, to compare with.
    hidden
        Width of the network's hidden layers.
    samples
        Number of varied schedules that are priced first.
    epochs
        How often the network goes over them.
    candidates
        Neighbours that are drawn in each round.
    kept
        How many of them the chain prices, those ranked best; and the number of best schedules
        whose neighbours are drawn.
    rounds
        After how many rounds the search ends.
    """

    network: Literal["fully_connected", "recurrent", "none"] = "fully_connected"
    hidden: int = 64
    samples: int = 2000
    epochs: int = 40
    candidates: int = 2000
    kept: int = 50
    rounds: int = 30
    name: ClassVar[str] = "surrogate"

    def __post_init__(self) -> None:
        if self.network not in ("fully_connected", "recurrent", "none"):
            allowed = "'fully_connected', 'recurrent' or 'none'"
            raise InvalidInput("strategy.network", self.network, allowed)
        whole_number("strategy.hidden", self.hidden, 1, 1024)
        whole_number("strategy.samples", self.samples, 10, 1_000_000)
        whole_number("strategy.epochs", self.epochs, 1, 100_000)
        whole_number("strategy.candidates", self.candidates, 1, 1_000_000)
        whole_number("strategy.kept", self.kept, 1, self.candidates)
        whole_number("strategy.rounds", self.rounds, 1, 10**9)

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return a run from the rules of practice and varied schedules."""
        return _SurrogateRun(objective, feasible, self, seed)


class _SurrogateRun(Run):
    """Everything priced so far, and the network that has learned from it.

    Each step is a batch of the first sample, an epoch of training, or a round.
    """

    def __init__(
        self, objective: Objective, feasible: FeasibleSchedules, strategy: Surrogate, seed: int
    ) -> None:
        super().__init__(objective, feasible)
        self._strategy = strategy
        session, device = objective.session, objective.device
        self._generator = generator_of(objective, seed)
        self._source = ScheduleSource(objective, feasible, self._generator)
        self._trainer: Trainer | None = None
        if strategy.network != "none":
            self._trainer = Trainer(
                strategy.network, session.patients, session.intervals, strategy.hidden, seed, device
            )
        # In the order in which they were priced, (known, intervals) and (known,).
        self._schedules = torch.zeros(0, session.intervals, dtype=torch.int64, device=device)
        self._costs = torch.zeros(0, dtype=torch.float64, device=device)
        self._known: set[bytes] = set()
        self._sampled = 0
        self._epochs = 0
        self._rounds: list[Round] = []
        self._seconds = Seconds()

    def step(self) -> None:
        """Price a part of the sample, learn from it once, or do a round."""
        strategy = self._strategy
        if self._sampled < strategy.samples:
            self._sample(min(SAMPLED_AT_ONCE, strategy.samples - self._sampled))
        elif self._trainer is not None and self._epochs < strategy.epochs:
            self._learn(self._trainer)
            self._epochs += 1
            assert self.best is not None
            self.offer(self.best.schedule, self.best.cost)
        else:
            self._round()

    def own_state(self) -> State:
        """Return what was priced, the network, the generator and the account."""
        return {
            "schedules": self._schedules.cpu(),
            "costs": self._costs.cpu(),
            "trainer": self._trainer.state() if self._trainer else None,
            "generator": self._generator.get_state(),
            "sampled": self._sampled,
            "epochs": self._epochs,
            "rounds": [asdict(one) for one in self._rounds],
            "seconds": asdict(self._seconds),
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        self._schedules = state["schedules"].to(self.objective.device)
        self._costs = state["costs"].to(self.objective.device)
        self._known = set(_keys(self._schedules))
        if self._trainer is not None:
            self._trainer.restore(state["trainer"])
        self._generator.set_state(state["generator"])
        self._sampled, self._epochs = state["sampled"], state["epochs"]
        self._rounds = [Round(**one) for one in state["rounds"]]
        self._seconds = Seconds(**state["seconds"])

    def findings(self) -> tuple[Finding, ...]:
        """Return the network's account."""
        quality, learned = None, 0
        if self._trainer is not None and self._epochs:
            quality = self._trainer.quality(self._schedules, self._costs)
            learned = len(self._costs) - quality.held_out
        return (
            SurrogateFinding(
                network=self._strategy.network,
                training_size=learned,
                quality=quality,
                sampled=self._sampled,
                rounds=tuple(self._rounds),
                seconds=self._seconds,
            ),
        )

    def _sample(self, number: int) -> None:
        good = self._good() if len(self._costs) else self._source.rules
        varied = self._source.varied(number, good)
        if not len(self._costs):
            varied[: len(self._source.rules)] = self._source.rules[:number]
        self._sampled += number
        self._price_new(varied)

    def _learn(self, trainer: Trainer) -> None:
        with self._timed("training"):
            trainer.epoch(self._schedules, self._costs, self._generator)

    def _round(self) -> None:
        candidates = self._candidates()
        chosen, guess = self._best_ranked(candidates)
        correlation = None
        if len(chosen):
            costs = self._price_new(chosen)
            if guess is not None:
                correlation = rank_correlation(numbers(guess), numbers(costs))
        assert self.best is not None
        if not len(chosen):
            self.offer(self.best.schedule, self.best.cost)
            self.finished = "no new candidates"
        self._rounds.append(Round(len(candidates), len(chosen), self.best.cost, correlation))
        if self.finished is None and len(self._rounds) >= self._strategy.rounds:
            self.finished = "rounds"

    def _candidates(self) -> Tensor:
        """Return neighbours of the best schedules that are not priced yet, (batch, intervals)."""
        drawn = self._source.neighbours(self._good(), self._strategy.candidates)
        new = [key not in self._known for key in _keys(drawn)]
        return drawn[torch.tensor(new, dtype=torch.bool, device=drawn.device)]

    def _best_ranked(self, candidates: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the candidates to price and what the network guesses; all without a network."""
        if self._trainer is None or not len(candidates):
            return candidates, None
        for _ in range(EPOCHS_PER_ROUND if self._rounds else 0):
            self._learn(self._trainer)
        with self._timed("ranking"):
            guess = self._trainer.predict(candidates)
            best = guess.topk(min(self._strategy.kept, len(guess)), largest=False)
        return candidates[best.indices], best.values

    def _price_new(self, schedules: Tensor) -> Tensor:
        """Price schedules (batch, intervals), remember them and return their costs, (batch,)."""
        with self._timed("chain"):
            costs = self.price(schedules).to(torch.float64)
        self._schedules = torch.cat([self._schedules, schedules])
        self._costs = torch.cat([self._costs, costs])
        self._known.update(_keys(schedules))
        least = int(costs.argmin())
        self.offer(schedules[least], float(costs[least]))
        return costs

    def _good(self) -> Tensor:
        """Return the best schedules known, (kept, intervals)."""
        kept = min(self._strategy.kept, len(self._costs))
        return self._schedules[self._costs.topk(kept, largest=False).indices]

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        spent = asdict(self._seconds)
        spent[what] += time.perf_counter() - began
        self._seconds = Seconds(**spent)


def _keys(schedules: Tensor) -> list[bytes]:
    """Return what tells schedules (batch, intervals) apart."""
    return [row.tobytes() for row in schedules.cpu().numpy()]
