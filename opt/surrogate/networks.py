"""The networks of the surrogate: from schedules to one number each."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

#: Kinds of networks.
NetworkName = Literal["fully_connected", "recurrent"]


def features(schedules: Tensor, patients: int) -> Tensor:
    """Return what a network sees of schedules (batch, intervals): (batch, intervals, 2).

    In each interval: how many are booked, and by how many more than evenly spread ones are booked
    up to it, in units of the square root of the number of patients.
    """
    booked = schedules.to(torch.float32)
    intervals = booked.shape[1]
    share = torch.arange(1, intervals + 1, device=booked.device) / intervals
    ahead = (booked.cumsum(1) - patients * share) / math.sqrt(patients)
    return torch.stack([booked, ahead], dim=2)


class FullyConnected(nn.Module):
    """Two hidden layers over all intervals at once."""

    def __init__(self, intervals: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(2 * intervals, hidden),
            nn.SiLU(),
            nn.Linear(hidden, hidden),
            nn.SiLU(),
            nn.Linear(hidden, 1),
        )

    def forward(self, seen: Tensor) -> Tensor:
        """Return one number per schedule, (batch,), of features (batch, intervals, 2)."""
        return torch.as_tensor(self.layers(seen))[:, 0]


class Recurrent(nn.Module):
    """A gated recurrent unit that follows the day interval by interval, as the work does.

    Cho et al. (2014), doi:10.3115/v1/D14-1179. What is read off is the state at the end of the
    day, beside its mean over the intervals: tardiness is about the one, waiting about the other.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.unit = nn.GRU(2, hidden, batch_first=True)
        self.out = nn.Linear(2 * hidden, 1)

    def forward(self, seen: Tensor) -> Tensor:
        """Return one number per schedule, (batch,), of features (batch, intervals, 2)."""
        states, _ = self.unit(seen)
        return torch.as_tensor(self.out(torch.cat([states[:, -1], states.mean(1)], dim=1)))[:, 0]


def make_network(name: NetworkName, intervals: int, hidden: int, seed: int) -> nn.Module:
    """Return a network on the processor whose first weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if name == "recurrent":
            return Recurrent(hidden)
        return FullyConnected(intervals, hidden)
