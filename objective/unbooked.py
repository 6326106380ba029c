"""The work that comes without being booked: walk-ins, and interruptions of the provider."""

import numpy as np
from scipy.signal import fftconvolve

from objective.laws import Array
from objective.session import ClinicSession
from objective.walk_ins import WalkIns

#: Longest law, in steps, that is convolved directly.
DIRECT = 2_000


def unbooked_masses(session: ClinicSession, step: float) -> list[Array]:
    """Return the mass of the work that is not booked, one per interval; empty if there is none.

    Steps are ``step`` minutes wide. Intervals with the same law share one array.
    """
    if session.walk_ins is None and not session.interruptions:
        return []
    masses = [np.ones(1)] * session.intervals
    if session.walk_ins is not None:
        masses = walk_in_masses(session.walk_ins, session.intervals, step)[: session.intervals]
    for one in session.interruptions:
        away = one.probability * one.work.mass(step)
        away[0] += 1 - one.probability
        masses[one.interval] = _convolved(masses[one.interval], away)
    return masses


def walk_in_masses(walk_ins: WalkIns, intervals: int, step: float) -> list[Array]:
    """Return the mass of the work of the walk-ins at each of the `WalkIns.epoch_laws`."""
    service = walk_ins.service_time.mass(step)
    made: dict[bytes, Array] = {}
    masses = []
    for counts in walk_ins.epoch_laws(intervals):
        key = counts.tobytes()
        if key not in made:
            made[key] = _compound(counts, service)
        masses.append(made[key])
    return masses


def _compound(counts: Array, service: Array) -> Array:
    """Return the law of a random sum, by Horner's rule in the number of summands."""
    mass = np.array([counts[-1]])
    for probability in counts[-2::-1]:
        mass = _without_tail(_convolved(mass, service))
        mass[0] += probability
    return mass


def _without_tail(mass: Array) -> Array:
    """Move points so improbable that they can change no mean to the last point that is kept."""
    tail = np.cumsum((np.arange(mass.size) * mass)[::-1])[::-1]
    keep = max(int(np.count_nonzero(tail > 1e-18)), 1)
    kept = mass[:keep].copy()
    kept[-1] += mass[keep:].sum()
    return kept


def _convolved(one: Array, other: Array) -> Array:
    """Return the law of a sum; long laws by Fourier transform, which is exact but for rounding."""
    if min(one.size, other.size) <= DIRECT:
        return np.asarray(np.convolve(one, other), np.float64)
    return np.asarray(np.clip(fftconvolve(one, other), 0.0, None), np.float64)
