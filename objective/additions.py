"""What one more patient in each open seat of many schedules changes, for all seats at once."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from objective.both_ways import BothWays, Sums
from objective.chain import Chain
from objective.charges import Charges
from objective.errors import InvalidInput
from objective.schedules import in_parts
from objective.session import ClinicSession
from objective.weights import Weights

#: Bytes that the laws of the schedules followed at one time may occupy.
LAWS_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Additions:
    """What one more patient in each of some seats changes; each tensor is (seats,).

    Attributes
    ----------
    before, after
        The schedule of each seat without and with one more patient in it.
    own_wait
        Expected wait of the one more if it comes, minutes.
    others_wait
        Minutes by which all other patients together are expected to wait longer.
    waiting, idle, tardiness
        Minutes added to the mean wait of a patient, to idle time and to tardiness.
    cost
        Weighted minutes added. A minute of all waits together is charged alike before and after,
        by the number of patients with the one more, so that a short wait of its own does not make
        those of the others look better. Where patients have a value it is charged by the minute,
        and the value taken off.
    """

    before: Sums
    after: Sums
    own_wait: Tensor
    others_wait: Tensor
    cost: Tensor

    @property
    def waiting(self) -> Tensor:
        """Minutes added to the mean wait of a patient who comes."""
        return self.after.waiting - self.before.waiting

    @property
    def idle(self) -> Tensor:
        """Minutes added to the provider's idle time."""
        return self.after.idle - self.before.idle

    @property
    def tardiness(self) -> Tensor:
        """Minutes added to the expected overtime."""
        return self.after.tardiness - self.before.tardiness


def additions(
    chain: Chain,
    charges: Charges,
    session: ClinicSession,
    weights: Weights,
    value_per_patient: float | None,
    schedules: Tensor,
    seats: Tensor,
) -> Additions:
    """Return what one more patient in each seat changes.

    Parameters
    ----------
    chain, charges, session
        Of the session of `objective.one_more.with_one_more`.
    weights, value_per_patient
        As of the objective.
    schedules
        Whole numbers (batch, intervals), of fewer patients than the session.
    seats
        Row and interval of each seat, (seats, 2).
    """
    states = max(chain.interval_limits(schedules, spare=1))
    size = max(1, LAWS_BYTES // (8 * session.intervals * states))
    places, parts = [], []
    for rows in in_parts(torch.arange(len(schedules)), size):
        mine = torch.isin(seats[:, 0], rows).nonzero()[:, 0]
        ours = torch.stack([seats[mine, 0] - rows[0], seats[mine, 1]], dim=1)
        parts.append(BothWays(chain, charges, session, schedules[rows]).sums(ours))
        places.append(mine)
    order = torch.cat(places).argsort()
    before, after = (
        Sums(*(torch.cat([getattr(part[side], field.name) for part in parts])[order]
               for field in fields(Sums)))
        for side in (0, 1)
    )  # fmt: skip
    own_wait = torch.cat([part[2] for part in parts])[order]
    show = float(session.shows[-1])
    others_wait = after.total_waiting - before.total_waiting - show * own_wait
    per_minute = weights.waiting / (after.seen if value_per_patient is None else 1.0)
    cost = (
        per_minute * (after.waiting_penalty - before.waiting_penalty)
        + weights.idle * (after.idle - before.idle)
        + weights.tardiness * (after.tardiness_penalty - before.tardiness_penalty)
        - (value_per_patient or 0.0) * show
    )
    return Additions(before, after, own_wait, others_wait, cost)


def as_seats(seats: object, schedules: Tensor) -> Tensor:
    """Return seats as whole numbers (seats, 2), row and interval; None for every interval.

    Raises
    ------
    InvalidInput
        If a seat is not in one of the schedules.
    """
    batch, intervals = schedules.shape
    if seats is None:
        rows, times = torch.arange(batch), torch.arange(intervals)
        return torch.cartesian_prod(rows, times)
    allowed = "pairs of whole numbers, the row of a schedule and an interval"
    try:
        pairs = torch.as_tensor(seats)
    except (TypeError, ValueError, RuntimeError):
        raise InvalidInput("seats", seats, allowed) from None
    if not pairs.numel():
        return torch.zeros(0, 2, dtype=torch.int64)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.is_floating_point:
        raise InvalidInput("seats", f"of shape {tuple(pairs.shape)}, {pairs.dtype}", allowed)
    outside = (pairs < 0) | (pairs >= torch.tensor([batch, intervals]))
    if bool(outside.any()):
        seat = int(outside.any(1).nonzero()[0, 0])
        allowed = f"a row below {batch} and an interval below {intervals}, none negative"
        raise InvalidInput(f"seats[{seat}]", pairs[seat].tolist(), allowed)
    return pairs.to(torch.int64)
