"""The schedules that meet a clinic's constraints, for searches that need not prove anything."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from objective import ClinicSession, InvalidInput
from objective.schedules import appointment_intervals
from opt.clash import smallest_clash
from opt.constraints import Constraints
from opt.coordinates import Coordinates, system_of
from opt.demands import Limits, Piece, Space
from opt.difference import EmptyError
from opt.nearest_schedule import nearest_schedule


class FeasibleSchedules:
    """The schedules of a session that meet some constraints.

    Parameters
    ----------
    session, constraints
        The session, and what is demanded of its schedules.
    free
        Whether the number of patients is a decision, up to the session's.

    Raises
    ------
    InvalidInput
        If a constraint does not fit the session, or if no schedule meets them all: then the message
        names constraints that contradict each other, each of which is needed for that.
    """

    def __init__(self, session: ClinicSession, constraints: Constraints, free: bool) -> None:
        self.session, self.constraints, self.free = session, constraints, free
        self._pieces = constraints.pieces(session)
        self._maximum_gap = Limits.of(session, self._pieces).maximum_gap
        self._edges_on: dict[torch.device, Tensor] = {}
        if self._pieces and not possible(session, self._pieces, free):
            clash = smallest_clash(self._pieces, lambda pieces: possible(session, pieces, free))
            atmost = "at most " if free else ""
            raise InvalidInput(
                "constraints",
                "contradictory",
                f"possible together, with {atmost}{session.patients} patients in "
                f"{session.intervals} intervals; these are not: "
                + "; ".join(piece.text for piece in clash),
            )

    def __bool__(self) -> bool:
        """Return whether anything is demanded at all."""
        return bool(self._pieces)

    def contains(self, schedules: Tensor) -> Tensor:
        """Return which of the session's schedules (batch, intervals) meet the constraints."""
        met = torch.ones(len(schedules), dtype=torch.bool, device=schedules.device)
        if not self._pieces:
            return met
        booked = torch.nn.functional.pad(schedules.cumsum(1), (1, 0))
        tail, head, length = self._edges(schedules.device)
        met &= (booked[:, head] - booked[:, tail] <= length).all(1)
        if self._maximum_gap < self.session.intervals:
            appointments = appointment_intervals(schedules, self.session.patients)
            gaps = appointments.diff(dim=1)
            # A patient who is not booked stands after the last interval.
            gaps[appointments[:, 1:] == self.session.intervals] = 0
            met &= (gaps <= self._maximum_gap).all(1)
        return met

    def repaired(self, schedules: Tensor) -> Tensor:
        """Return schedules (batch, intervals) that meet the constraints, the same where they do."""
        if not self._pieces:
            return schedules
        broken = ~self.contains(schedules)
        if not broken.any():
            return schedules
        repaired = schedules.clone()
        if self._coordinates is not None:
            wrong = schedules[broken].cpu().numpy().astype(np.int64)
            repaired[broken] = torch.from_numpy(self._coordinates.repaired(wrong)).to(schedules)
        else:
            # No coordinates express all constraints, and a search for each would take too long.
            repaired[broken] = self._some.to(schedules)
        return repaired

    def nearest(self, schedule: Tensor) -> Tensor:
        """Return the schedule, (intervals,), whose cumulative bookings are nearest to one's."""
        if not self._pieces or bool(self.contains(schedule[None])[0]):
            return schedule
        found = nearest_schedule(self.session, self._pieces, self.free, schedule.cpu().numpy())
        assert found is not None, "constraints without a schedule are refused on construction"
        return torch.from_numpy(found).to(schedule)

    def _edges(self, device: torch.device) -> Tensor:
        """Return the constraints on cumulative bookings as tail, head, length: (3, constraints)."""
        if device not in self._edges_on:
            edges = [edge for piece in self._pieces for edge in piece.edges.get("p", [])]
            table = torch.tensor(edges, dtype=torch.int64, device=device)
            self._edges_on[device] = table.reshape(-1, 3).T
        return self._edges_on[device]

    @cached_property
    def _coordinates(self) -> Coordinates | None:
        """Coordinates that express all constraints, if there are any."""
        space = _expressing(self._pieces, self.free)
        if space is None:
            return None
        return Coordinates.of(self.session, space, self.constraints, self.free)

    @cached_property
    def _some(self) -> Tensor:
        """Some schedule that meets the constraints."""
        session = self.session
        even = np.arange(session.patients) * session.intervals // session.patients
        found = nearest_schedule(
            session, self._pieces, self.free, np.bincount(even, minlength=session.intervals)
        )
        assert found is not None, "constraints without a schedule are refused on construction"
        return torch.from_numpy(found)


def _expressing(pieces: Sequence[Piece], free: bool) -> Space | None:
    """Return coordinates that express all pieces, None if there are none."""
    spaces: tuple[Space, ...] = ("p",) if free else ("p", "a")
    every = (space for space in spaces if all(space in piece.edges for piece in pieces))
    return next(every, None)


def possible(session: ClinicSession, pieces: Sequence[Piece], free: bool) -> bool:
    """Return whether some schedule meets all pieces."""
    space = _expressing(pieces, free)
    if space is None:
        anything = np.zeros(session.intervals, dtype=np.int64)
        return nearest_schedule(session, pieces, free, anything) is not None
    edges = [edge for piece in pieces for edge in piece.edges[space]]
    try:
        return len(system_of(session, space, edges, free).highest) > 0
    except EmptyError:
        return False
