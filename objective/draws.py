"""What chance decides on simulated days: who comes, when, and how long everything takes."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from objective.behaviour import Behaviour
from objective.interruption import Interruption
from objective.laws import Array
from objective.session import ClinicSession


@dataclass(frozen=True)
class Draws:
    """A number of days, before anybody is served; durations in minutes.

    Attributes
    ----------
    consultation, shown
        Consultation time of each booked patient, and whether the patient comes, (patients, days).
    deviation
        Arrival minus appointment of each booked patient, (patients, days) or (1, 1).
    interruption, interrupted
        Length of each interruption, 0 where it does not come, and whether it comes,
        (interruptions, days).
    interruption_intervals
        The interval of each interruption.
    walk_ins
        Number of walk-ins at each epoch, (epochs, days); see `WalkIns.epoch_laws` for the epochs.
    walk_in_work
        Their consultation time, (epochs, days).
    walk_in_mutual_wait
        Total time that the walk-ins of an epoch wait for each other, (epochs, days).
    """

    consultation: Tensor
    shown: Tensor
    deviation: Tensor
    interruption: Tensor
    interrupted: Tensor
    interruption_intervals: list[int]
    walk_ins: Tensor
    walk_in_work: Tensor
    walk_in_mutual_wait: Tensor


def draw(
    session: ClinicSession,
    behaviour: Behaviour,
    days: int,
    seed: np.random.SeedSequence,
    device: torch.device,
) -> Draws:
    """Draw independent days.

    Everything has a stream of its own, so that days of one seed differ between two behaviours only
    in what differs between these.
    """
    streams = [np.random.default_rng(one) for one in seed.spawn(5)]
    patients, interruptions, walk_ins, punctuality, day = streams
    consultation, shown = _patients(session, days, patients)
    # The late start comes last, so that it does not change what is drawn for the others.
    late = [Interruption(0, behaviour.late_start)] if behaviour.late_start else []
    all_interruptions = [*session.interruptions, *late]
    interruption, interrupted = _interruptions(all_interruptions, days, interruptions)
    number, work, mutual_wait = _walk_ins(session, days, walk_ins)
    deviation = np.full((1, 1), behaviour.punctuality_mean, np.float64)
    if behaviour.punctuality_sd > 0:
        spread = punctuality.standard_normal(consultation.shape)
        deviation = deviation + behaviour.punctuality_sd * spread
    if behaviour.day_cv > 0:
        factor = day.gamma(behaviour.day_cv**-2, behaviour.day_cv**2, days)
        consultation, work, mutual_wait = (
            factor * times for times in (consultation, work, mutual_wait)
        )

    def on_device(values: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(values).to(device)

    return Draws(
        consultation=on_device(consultation),
        shown=on_device(shown),
        deviation=on_device(deviation),
        interruption=on_device(interruption),
        interrupted=on_device(interrupted),
        interruption_intervals=[one.interval for one in all_interruptions],
        walk_ins=on_device(number),
        walk_in_work=on_device(work),
        walk_in_mutual_wait=on_device(mutual_wait),
    )


def _patients(
    session: ClinicSession, days: int, random: np.random.Generator
) -> tuple[Array, NDArray[np.bool_]]:
    kinds = np.array(session.kinds)
    consultation = np.empty((session.patients, days))
    for kind, patient in enumerate(session.kind_patients):
        (ranks,) = np.nonzero(kinds == kind)
        consultation[ranks] = patient.service_time.sample((len(ranks), days), random)
    return consultation, random.random(consultation.shape) < session.shows[:, None]


def _interruptions(
    interruptions: list[Interruption], days: int, random: np.random.Generator
) -> tuple[Array, NDArray[np.bool_]]:
    work = np.zeros((len(interruptions), days))
    comes = np.zeros(work.shape, np.bool_)
    for row, interruption in enumerate(interruptions):
        comes[row] = random.random(days) < interruption.probability
        work[row] = comes[row] * interruption.work.sample((days,), random)
    return work, comes


def _walk_ins(
    session: ClinicSession, days: int, random: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Return the number of walk-ins, their work and the waits for each other, (epochs, days)."""
    if session.walk_ins is None:
        none = np.zeros((0, days))
        return none, none, none
    laws = session.walk_ins.epoch_laws(session.intervals)
    number = np.stack([random.choice(law.size, size=days, p=law) for law in laws])
    together = number.ravel()
    # Everybody in one long row, those of the same epoch and day beside each other.
    group = np.repeat(np.arange(together.size), together)
    before_group = np.cumsum(together) - together
    behind = (before_group + together)[group] - np.arange(group.size) - 1
    service = session.walk_ins.service_time.sample((group.size,), random)
    work, mutual_wait = (
        np.bincount(group, minutes, together.size).reshape(number.shape).astype(np.float64)
        for minutes in (service, service * behind)
    )
    return number.astype(np.float64), work, mutual_wait
