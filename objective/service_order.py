"""Who is served after whom on simulated days, where nobody overtakes.

Everything that takes the provider's time is a customer. The customers of a day stand in the order
of a key, and the next begins as soon as it is there and the one before has left: Lindley's
recursion, for all days at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from objective.draws import Draws
from objective.session import ClinicSession


@dataclass(frozen=True)
class Served:
    """What came of a number of days, minutes.

    Attributes
    ----------
    wait
        Of each booked patient, (patients, days); hypothetical for those who do not come.
    walk_in_wait
        Total waiting time of the walk-ins, (days,).
    end, work
        End of the last customer, 0 if there was none, and time taken by all, (days,).
    """

    wait: Tensor
    walk_in_wait: Tensor
    end: Tensor
    work: Tensor


def serve_in_order(
    session: ClinicSession, appointments: Sequence[float], draws: Draws, by_arrival: bool
) -> Served:
    """Serve everybody by planned time, or else by arrival.

    Customers with the same key are served as they are listed here: interruptions, walk-ins, booked
    patients in their order. Walk-ins of one epoch are one customer.

    Parameters
    ----------
    appointments
        Interval of each booked patient, (patients,); whole, or a time between the starts of two.
    by_arrival
        Whether the key is the arrival and not the planned time.
    """
    intervals = session.intervals if session.walk_ins is not None else 0
    walk_ins, interruptions = draws.walk_ins[:intervals], len(draws.interruption_intervals)
    first_booked = interruptions + intervals
    epochs = [*draws.interruption_intervals, *range(intervals), *appointments]
    planned = draws.consultation.new_tensor(epochs)[:, None] * session.interval_length
    unplanned, booked = planned[:first_booked], planned[first_booked:]
    came = booked + draws.deviation
    arrival = torch.cat([unplanned.expand(-1, came.shape[1]), came])
    service = torch.cat([draws.interruption, draws.walk_in_work[:intervals], draws.consultation])
    present = torch.cat([draws.interrupted, walk_ins > 0, draws.shown])
    key = planned
    if by_arrival:
        key = arrival.clone()
        # A provider who begins late sees nobody before, however early they came.
        opening = [row for row, one in enumerate(draws.interruption_intervals) if one == 0]
        key[opening] = -torch.inf
    order = key.sort(dim=0, stable=True).indices
    starts, end = recursion(
        *(torch.take_along_dim(one, order, dim=0) for one in (arrival, service, present))
    )
    start = torch.take_along_dim(starts, order.argsort(dim=0), dim=0)
    lag = start[interruptions:first_booked] - planned[interruptions:first_booked]
    return Served(
        wait=(start[first_booked:] - torch.maximum(came, booked)).clamp(min=0),
        walk_in_wait=(walk_ins * lag + draws.walk_in_mutual_wait[:intervals]).sum(0),
        end=end,
        work=(service * present).sum(0),
    )


def recursion(arrival: Tensor, service: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """Serve customers one after another, from time 0.

    Parameters
    ----------
    arrival, service, present
        Arrival, time with the provider and whether the customer is there at all, each
        (customers, days); the arrival may also be (customers, 1).

    Returns
    -------
    Start of each customer, of absent ones as if they were there, (customers, days), and end of the
    last, (days,).
    """
    free = torch.zeros_like(service[0])
    starts = torch.empty_like(service)
    for customer in range(len(service)):
        torch.maximum(arrival[customer], free, out=starts[customer])
        end = starts[customer] + service[customer]
        free = torch.where(present[customer], end, free)
    return starts, free
