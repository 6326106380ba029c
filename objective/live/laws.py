"""The laws along the rest of several days at once: one row per provider, one column per moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy import fft
from torch import Tensor

from objective.laws import Array
from objective.live.grid import DayGrid, Masses


@dataclass(frozen=True)
class LiveLaws:
    """Grids of days, padded to the longest in moments and in arrivals.

    Convolutions are products of transforms around the circle of the grid. What would go around it
    has a probability below the rounding errors, by the choice of the grid's size, and is not lost.

    Attributes
    ----------
    grids
        The days, (providers,).
    masses
        Where their masses come from.
    device
        Where the laws are.
    """

    grids: Sequence[DayGrid]
    masses: Masses
    device: torch.device

    @cached_property
    def points(self) -> int:
        """Points of the common grid."""
        return int(fft.next_fast_len(max(grid.size for grid in self.grids), real=True))

    @cached_property
    def arrivals(self) -> int:
        """Arrivals of the day that has most."""
        return max(len(grid.arrivals) for grid in self.grids)

    @cached_property
    def at(self) -> Tensor:
        """Grid point of each arrival, (providers, arrivals); 0 for those that only pad."""
        return self._padded([grid.points for grid in self.grids], 0)

    @cached_property
    def nothing(self) -> Tensor:
        """Probability that an arrival brings nothing, (providers, arrivals)."""
        rows = [[one.nothing for one in grid.arrivals] for grid in self.grids]
        return self._padded(rows, 1.0)

    @cached_property
    def nobody_later(self) -> Tensor:
        """Probability that no patient comes from each arrival on, (providers, arrivals + 1)."""
        rows = [
            [one.nothing if one.by_patients else 1.0 for one in grid.arrivals]
            for grid in self.grids
        ]
        later = self._padded(rows, 1.0).flip(1).cumprod(1).flip(1)
        return torch.cat([later, later.new_ones(len(later), 1)], dim=1)

    @cached_property
    def by_patients(self) -> Tensor:
        """Whether patients bring it, (providers, arrivals)."""
        rows = [[one.by_patients for one in grid.arrivals] for grid in self.grids]
        return self._padded(rows, False)

    @cached_property
    def origin(self) -> Tensor:
        """First point of each grid, (providers,) minutes."""
        return self.row([grid.origin for grid in self.grids])

    @cached_property
    def step(self) -> Tensor:
        """Width of each grid, (providers,) minutes."""
        return self.row([grid.step for grid in self.grids])

    @cached_property
    def half(self) -> Tensor:
        """Share of a point's mass that stands for moments after it, (providers,)."""
        return self.row([0.0 if grid.on_grid else 0.5 for grid in self.grids])

    @cached_property
    def breaks(self) -> list[tuple[Tensor, Tensor]]:
        """Points at which breaks begin and at which they are over, (providers, 1) each."""
        most = max(len(grid.breaks) for grid in self.grids)
        rows = [[*grid.breaks, *[(0, 0)] * (most - len(grid.breaks))] for grid in self.grids]
        points = torch.tensor(rows, device=self.device, dtype=torch.int64)
        return [(points[:, one, :1], points[:, one, 1:]) for one in range(most)]

    @cached_property
    def end_of_current(self) -> Tensor:
        """Law of the end of the consultation that runs, (providers, points); 0 if none runs."""
        rows = [grid.end_of_current for grid in self.grids]
        return torch.stack([self.on_grid(np.zeros(1) if row is None else row) for row in rows])

    @cached_property
    def free(self) -> Tensor:
        """Law of the moment from which each provider is free, (providers, points)."""
        return torch.stack([self.on_grid(grid.free) for grid in self.grids])

    def follow(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield, per arrival, three laws of the moment from which the providers are free.

        What the arrival finds, a law of each row; what it leaves on the days on which something
        comes, of mass ``1 - nothing``; and what it leaves on all of them; (providers, points) each.
        """
        laws = self.free
        points = torch.arange(self.points, device=self.device)
        for arrival in range(self.arrivals):
            at = self.at[:, arrival, None]
            upto = laws.cumsum(1).gather(1, at)
            found = laws.masked_fill(points < at, 0.0).scatter(1, at, upto)
            for first, last in self.breaks:
                # Who would be called during the break is called at its end.
                put_off = (points >= first) & (points < last)
                put_off &= self.by_patients[:, arrival, None]
                moved = (found * put_off).sum(1, keepdim=True)
                found = found.masked_fill(put_off, 0.0).scatter_add(1, last, moved)
            spectra = self._spectra[self._kinds[:, arrival]]
            busy = torch.fft.irfft(torch.fft.rfft(found) * spectra, n=self.points)
            # Only rounding makes a probability negative.
            busy = busy.clamp(min=0)
            laws = self.nothing[:, arrival, None] * found + busy
            yield found, busy, laws

    def row(self, values: ArrayLike) -> Tensor:
        """Return numbers, for example one per provider, as a tensor of the same shape."""
        return torch.as_tensor(np.asarray(values, np.float64)).to(self.device)

    def on_grid(self, mass: Array) -> Tensor:
        """Return a law on the common grid, (points,); what is beyond its end is on the last."""
        row = np.zeros(self.points)
        kept = min(mass.size, self.points)
        row[:kept] = mass[:kept]
        row[-1] += mass[kept:].sum()
        return torch.from_numpy(row).to(self.device)

    @cached_property
    def _spectra(self) -> Tensor:
        """Transform of what each kind of arrival adds where it brings something, (kinds, ...)."""
        return self._kinds_and_spectra[1]

    @cached_property
    def _kinds(self) -> Tensor:
        """Kind of each arrival, (providers, arrivals)."""
        return self._kinds_and_spectra[0]

    @cached_property
    def _kinds_and_spectra(self) -> tuple[Tensor, Tensor]:
        laws: dict[tuple[int, float], Tensor] = {}
        kinds: dict[tuple[int, float, bytes], int] = {}
        # Kind 0 brings nothing: it pads the days that have fewer arrivals.
        spectra = [torch.zeros(self.points // 2 + 1, dtype=torch.complex128, device=self.device)]
        rows = []
        for grid in self.grids:
            row = []
            for one in grid.arrivals:
                key = (id(one.service_time), grid.step)
                kind = (*key, one.counts.tobytes())
                if kind not in kinds:
                    if key not in laws:
                        mass = self.masses.mass(one.service_time, grid.step)
                        laws[key] = torch.fft.rfft(self.on_grid(mass))
                    kinds[kind] = len(spectra)
                    spectra.append(_of_a_number(one.counts, laws[key]))
                row.append(kinds[kind])
            rows.append(row)
        return self._padded(rows, 0), torch.stack(spectra)

    def _padded(self, rows: Sequence[Sequence[float]], padding: float) -> Tensor:
        padded = [[*row, *[padding] * (self.arrivals - len(row))] for row in rows]
        return torch.tensor(padded, device=self.device, dtype=_dtype(padding))


def _of_a_number(counts: Array, one: Tensor) -> Tensor:
    """Return the transform of a random number of pieces of work without that of none."""
    total = torch.zeros_like(one)
    for probability in counts[:0:-1].tolist():
        total = (total + probability) * one
    return total


def _dtype(value: float) -> torch.dtype:
    kinds = {bool: torch.bool, int: torch.int64, float: torch.float64}
    return kinds[type(value)]
