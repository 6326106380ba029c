"""Training the surrogate, and how well it ranks schedules that it has not learned from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import Tensor, nn

from objective.one_thread import one_thread
from opt.surrogate.networks import NetworkName, features, make_network

#: One schedule in so many is kept to test the network, and never learned from.
HELD_OUT_ONE_IN = 5
#: Schedules per step of Adam (Kingma & Ba 2015), and the length of its steps.
BATCH, LEARNING_RATE = 128, 3e-3
#: Schedules that are ranked at one time.
RANKED_AT_ONCE = 4096


@dataclass(frozen=True)
class Quality:
    """How well held-out schedules are predicted.

    ``rank_correlation`` (Spearman's) is what counts for choosing candidates; ``r_squared`` is that
    of the transformed cost that the network learns. None where they are not defined.
    """

    held_out: int
    rank_correlation: float | None
    r_squared: float | None


class Trainer:
    """A network, its optimiser, and the scale on which it sees costs.

    Costs of random schedules are many times those of good ones, between which it has to tell; so
    it learns asinh((cost - lowest) / spread), which is linear near the best and a logarithm far
    from it. ``spread`` is by how much the best tenth of the first sample differ.
    """

    def __init__(
        self,
        name: NetworkName,
        patients: int,
        intervals: int,
        hidden: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self._patients, self._device = patients, device
        self.network = make_network(name, intervals, hidden, seed).to(device)
        self._optimiser = torch.optim.Adam(self.network.parameters(), lr=LEARNING_RATE)
        self._lowest, self._spread = 0.0, 0.0

    def epoch(self, schedules: Tensor, costs: Tensor, generator: torch.Generator) -> None:
        """Learn once from each schedule (number, intervals) that is not held out.

        ``costs`` (number,) are those of the chain.
        """
        if not self._spread:
            tenth = costs.quantile(0.1)
            self._lowest = float(costs.min())
            self._spread = float(tenth) - self._lowest or 1.0
        learned = (~held_out(len(schedules), self._device)).nonzero()[:, 0]
        order = torch.randperm(len(learned), generator=generator, device=self._device)
        with one_thread():
            for rows in torch.split(learned[order], BATCH):
                self._optimiser.zero_grad()
                guess = self.network(features(schedules[rows], self._patients))
                loss = nn.functional.mse_loss(guess, self._target(costs[rows]))
                loss.backward()  # type: ignore[no-untyped-call]
                self._optimiser.step()

    def predict(self, schedules: Tensor) -> Tensor:
        """Return guesses (batch,) that rank schedules (batch, intervals): the lower the better."""
        with one_thread(), torch.no_grad():
            parts = torch.split(schedules, RANKED_AT_ONCE)
            return torch.cat([self.network(features(part, self._patients)) for part in parts])

    def quality(self, schedules: Tensor, costs: Tensor) -> Quality:
        """Return how well the held-out ones among all schedules are predicted."""
        rows = held_out(len(schedules), self._device)
        guess, truth = self.predict(schedules[rows]), self._target(costs[rows])
        return Quality(
            int(rows.sum()),
            rank_correlation(numbers(guess), numbers(costs[rows])),
            r_squared(numbers(guess), numbers(truth)),
        )

    def state(self) -> dict[str, Any]:
        """Return weights, optimiser and scale."""
        return {
            "network": dict(self.network.state_dict()),
            "optimiser": self._optimiser.state_dict(),
            "lowest": self._lowest,
            "spread": self._spread,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._lowest, self._spread = state["lowest"], state["spread"]

    def _target(self, costs: Tensor) -> Tensor:
        return ((costs.double() - self._lowest) / self._spread).asinh().to(torch.float32)


def held_out(number: int, device: torch.device) -> Tensor:
    """Return which of so many schedules, in the order in which they came, are held out."""
    return torch.arange(number, device=device) % HELD_OUT_ONE_IN == HELD_OUT_ONE_IN - 1


def rank_correlation(guess: NDArray[np.float64], truth: NDArray[np.float64]) -> float | None:
    """Return Spearman's rank correlation; None where one of the two does not vary."""
    if len(guess) < 2 or np.ptp(guess) == 0 or np.ptp(truth) == 0:
        return None
    return float(spearmanr(guess, truth).statistic)


def r_squared(guess: NDArray[np.float64], truth: NDArray[np.float64]) -> float | None:
    """Return the share of the variance that the guess explains; None where there is none."""
    total = float(((truth - truth.mean()) ** 2).sum()) if len(truth) else 0.0
    return 1.0 - float(((truth - guess) ** 2).sum()) / total if total > 0 else None


def numbers(tensor: Tensor) -> NDArray[np.float64]:
    """Return a tensor (batch,) in float64 on the processor."""
    return np.asarray(tensor.cpu().double().numpy(), np.float64)
