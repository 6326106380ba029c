"""When each patient of the rest of a day is called, read off the laws that the patients find."""

import torch
from torch import Tensor

from objective.live.laws import LiveLaws

#: The interval of a start leaves out this probability on either side: it holds 80 %.
LEFT_OUT = 0.1


class Starts:
    """Mean and interval of the start of every arrival's first consultation, minutes.

    A day of which all durations are multiples of the step has its starts on points of the grid. On
    other days the mass of a point stands for the step around it, and a quantile lies within that
    step by linear interpolation. Only the earliest moment possible has a probability of its own,
    that of finding the provider free, and so has the end of a break.

    Parameters
    ----------
    laws
        The days.
    """

    def __init__(self, laws: LiveLaws) -> None:
        self._origin, self._step, self._half = laws.origin, laws.step, laws.half
        grids = laws.grids
        self._points = torch.arange(laws.points, dtype=torch.float64, device=laws.device)
        self._available = laws.row([grid.available for grid in grids])
        atoms = [grid.point(grid.available) if grid.certain else 0 for grid in grids]
        self._atom = torch.tensor(atoms, device=laws.device)
        self._ends = [last[:, 0] for _, last in laws.breaks]

    def of(self, found: Tensor, at: Tensor) -> Tensor:
        """Return mean, low and high of each row's start, (3, providers) minutes.

        Parameters
        ----------
        found
            The laws that an arrival finds, (providers, points).
        at
            The point of the grid at which it comes, (providers,).
        """
        upto = found.cumsum(1)
        # The earliest start: the arrival's own moment, or when the provider becomes available.
        earliest = torch.maximum(self._origin + self._step * at, self._available)
        bottom = torch.maximum(at, self._atom)
        # Counted from the arrival, so that the sum has small terms only.
        later = (found * (self._points - at[:, None])).sum(1)
        mean = self._origin + self._step * (at + later)
        low, high = (
            self._quantile(found, upto, probability, bottom, earliest)
            for probability in (LEFT_OUT, 1 - LEFT_OUT)
        )
        return torch.stack([mean, low, high])

    def _quantile(
        self, found: Tensor, upto: Tensor, probability: float, bottom: Tensor, earliest: Tensor
    ) -> Tensor:
        wanted = upto.new_full((len(upto), 1), probability - 1e-12)
        point = torch.searchsorted(upto, wanted).clamp(max=upto.shape[1] - 1)
        mass = found.gather(1, point)[:, 0]
        before = upto.gather(1, point)[:, 0] - mass
        inside = ((probability - before) / mass).clamp(0, 1)
        number = point[:, 0]
        place = number + self._half * (2 * inside - 1)
        for end in self._ends:
            place = torch.where(number == end, number.to(place.dtype), place)
        minutes = torch.maximum(self._origin + self._step * place, earliest)
        return torch.where(number <= bottom, earliest, minutes)
