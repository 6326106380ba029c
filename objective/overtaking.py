"""Walk-ins with priority on simulated days (Koeleman & Koole 2012)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from objective.draws import Draws
from objective.session import ClinicSession


def waits_when_overtaken(
    session: ClinicSession, appointments: Sequence[int], draws: Draws
) -> tuple[Tensor, Tensor]:
    """Return the waits of the booked, (patients, days), and the walk-ins' total, (days,), minutes.

    Walk-ins come up to and including the end of the session, and an interruption precedes those of
    its interval.
    """
    work = draws.walk_in_work.clone()
    interruption = torch.zeros_like(work)
    for row, interval in enumerate(draws.interruption_intervals):
        interruption[interval] += draws.interruption[row]
    epochs = session.interval_length * torch.arange(
        session.intervals + 1, dtype=work.dtype, device=work.device
    )
    booked = epochs[torch.as_tensor(appointments, device=work.device)]
    start, lag = overtaking_recursion(
        booked, draws.consultation, draws.shown, epochs, interruption + work
    )
    walk_in_wait = draws.walk_ins * (lag + interruption) + draws.walk_in_mutual_wait
    return start - booked[:, None], walk_in_wait.sum(0)


def overtaking_recursion(
    arrival: Tensor, service: Tensor, shown: Tensor, epochs: Tensor, work: Tensor
) -> tuple[Tensor, Tensor]:
    """Serve booked patients one after another, the work of each epoch before all who wait then.

    A patient begins at the first moment at which the provider is free and which lies before the
    next epoch; a consultation that runs is not broken off.

    Parameters
    ----------
    arrival
        Arrival of each booked patient, (patients,), nondecreasing.
    service, shown
        Consultation time of each booked patient, and whether the patient comes, (patients, days).
    epochs, work
        Times at which work comes that goes first, (epochs,), increasing, and that work,
        (epochs, days).

    Returns
    -------
    Start of each booked patient, of absent ones as if they were there, (patients, days), and how
    long the work of each epoch had to wait, (epochs, days).
    """
    days = work.shape[1]
    free = torch.zeros_like(work[0])
    starts, lag = torch.empty_like(service), torch.empty_like(work)
    #: The epoch whose work comes next, on each day; beyond the last there is none.
    ahead = torch.zeros(days, dtype=torch.int64, device=work.device)
    times = torch.cat([epochs, epochs.new_full((1,), torch.inf)])

    def overtake(arrived: Tensor) -> None:
        """Serve the work of all epochs at which a patient who came then still waits."""
        nonlocal free, ahead
        while True:
            time = times[ahead]
            (due,) = torch.nonzero(time <= torch.maximum(free, arrived), as_tuple=True)
            if not len(due):
                return
            epoch, time = ahead[due], time[due]
            waited = (free[due] - time).clamp(min=0)
            lag[epoch, due] = waited
            free[due] = time + waited + work[epoch, due]
            ahead[due] += 1

    for patient in range(len(service)):
        overtake(arrival[patient])
        starts[patient] = torch.maximum(free, arrival[patient])
        free = torch.where(shown[patient], starts[patient] + service[patient], free)
    # Those who come later find nobody booked any more.
    overtake(epochs[-1])
    return starts, lag
