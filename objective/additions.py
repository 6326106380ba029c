"""What one more patient in each open seat of many schedules changes, for all seats at once."""

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from objective.both_ways import BothWays, Sums
from objective.chains import chain_name
from objective.errors import InvalidInput
from objective.evaluate import Objective
from objective.one_more import with_one_more
from objective.patients import PatientType
from objective.schedules import ScheduleBatch, as_schedules, in_parts
from objective.session import MAX_PATIENTS

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


def price_additions(
    objective: Objective,
    schedules: ScheduleBatch,
    seats: ScheduleBatch | None = None,
    patient: PatientType | str | None = None,
) -> Additions:
    """Return what one more patient changes, for many schedules and intervals at once.

    Computed in float64 on the processor, whatever the device and precision of the objective.

    Parameters
    ----------
    objective
        What the schedules cost.
    schedules
        Patients booked so far, (batch, intervals) or one schedule: any number of them, also more
        than the session's; where patients differ, all of the session.
    seats
        Row and interval of each seat in which the one more may be booked, (seats, 2); by default
        all, row by row. Who is booked there already is seen first.
    patient
        Type of the one more, as a `PatientType` or the name of one of the session's; by default one
        like the others.

    Raises
    ------
    InvalidInput
        If a schedule or a seat is not one of the session's, or the patient does not fit it.
    """
    if not isinstance(objective, Objective):
        raise InvalidInput("objective", objective, "an Objective")
    session, weights = objective.session, objective.weights
    any_number = replace(session, patients=MAX_PATIENTS - 1, patient_types=None, order=None)
    batch = as_schedules(schedules, any_number, torch.device("cpu"), free=True).to(torch.int64)
    places = _as_seats(seats, batch)
    booked = int(batch.sum(1).max()) if len(batch) else 0
    if not session.alike:
        as_schedules(batch, session, torch.device("cpu"))
        booked = session.patients
    larger = _with_one_more(objective, booked, patient)
    before, after, own_wait = _followed(larger, batch, places)
    show = float(larger.session.shows[-1])
    value = objective.value_per_patient
    per_minute = weights.waiting / (after.seen if value is None else 1.0)
    cost = (
        per_minute * (after.waiting_penalty - before.waiting_penalty)
        + weights.idle * (after.idle - before.idle)
        + weights.tardiness * (after.tardiness_penalty - before.tardiness_penalty)
        - (value or 0.0) * show
    )
    others_wait = after.total_waiting - before.total_waiting - show * own_wait
    return Additions(before, after, own_wait, others_wait, cost)


def _with_one_more(
    objective: Objective, booked: int, patient: PatientType | str | None
) -> Objective:
    """Return the objective of so many patients and one more, without a value per patient."""
    session = with_one_more(objective.session, booked, patient)
    exact = objective.chain_name == "queue_length" == chain_name(session, None)
    return Objective(
        session,
        objective.weights,
        objective.idle,
        waiting_penalty=objective.waiting_penalty,
        tardiness_penalty=objective.tardiness_penalty,
        chain="queue_length" if exact else "workload",
        step=objective.step,
    )


def _followed(larger: Objective, schedules: Tensor, seats: Tensor) -> tuple[Sums, Sums, Tensor]:
    """Follow schedules in parts that fit the memory; return `BothWays.sums` of all seats."""
    if not len(seats):
        nothing = Sums(*(torch.zeros(0, dtype=torch.float64) for _ in fields(Sums)))
        return nothing, nothing, nothing.seen
    chain, session = larger.chain, larger.session
    states = max(chain.interval_limits(schedules, spare=1))
    size = max(1, LAWS_BYTES // (8 * session.intervals * states))
    places, parts = [], []
    for rows in in_parts(torch.arange(len(schedules)), size):
        mine = torch.isin(seats[:, 0], rows).nonzero()[:, 0]
        ours = torch.stack([seats[mine, 0] - rows[0], seats[mine, 1]], dim=1)
        parts.append(BothWays(chain, larger._charges, session, schedules[rows]).sums(ours))
        places.append(mine)
    order = torch.cat(places).argsort()
    before, after, own_wait = zip(*parts, strict=True)
    return (
        Sums.concatenate(before, order),
        Sums.concatenate(after, order),
        torch.cat(own_wait)[order],
    )


def _as_seats(seats: ScheduleBatch | None, schedules: Tensor) -> Tensor:
    """Return seats as whole numbers (seats, 2), row and interval; None for every interval."""
    batch, intervals = schedules.shape
    if seats is None:
        return torch.cartesian_prod(torch.arange(batch), torch.arange(intervals))
    allowed = "pairs of whole numbers, the row of a schedule and an interval"
    try:
        pairs = torch.as_tensor(seats)
    except (TypeError, ValueError, RuntimeError):
        raise InvalidInput("seats", seats, allowed) from None
    if not pairs.numel():
        return torch.zeros(0, 2, dtype=torch.int64)
    whole = not (pairs.dtype.is_floating_point or pairs.dtype == torch.bool)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not whole:
        raise InvalidInput("seats", f"{pairs.dtype} of shape {tuple(pairs.shape)}", allowed)
    pairs = pairs.to("cpu", torch.int64)
    outside = ((pairs < 0) | (pairs >= torch.tensor([batch, intervals]))).any(1)
    if bool(outside.any()):
        seat = int(outside.nonzero()[0, 0])
        allowed = f"a row below {batch} and an interval below {intervals}, none negative"
        raise InvalidInput(f"seats[{seat}]", pairs[seat].tolist(), allowed)
    return pairs
