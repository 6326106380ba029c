"""The work that comes without being booked: walk-ins, and interruptions of the provider."""

import numpy as np

from objective.laws import Array
from objective.session import ClinicSession
from objective.walk_ins import WalkIns


def unbooked_masses(session: ClinicSession, step: float) -> list[Array]:
    """Return the mass of the work that is not booked, one per interval; empty if there is none.

    Steps are ``step`` minutes wide. Intervals with the same law share one array.
    """
    if session.walk_ins is None and not session.interruptions:
        return []
    masses = [np.ones(1)] * session.intervals
    if session.walk_ins is not None:
        made: dict[bytes, Array] = {}
        for t, counts in enumerate(session.walk_ins.count_laws(session.intervals)):
            key = counts.tobytes()
            if key not in made:
                made[key] = walk_in_mass(session.walk_ins, session.intervals, t, step)
            masses[t] = made[key]
    for one in session.interruptions:
        away = one.probability * one.work.mass(step)
        away[0] += 1 - one.probability
        masses[one.interval] = np.convolve(masses[one.interval], away)
    return masses


def walk_in_mass(walk_ins: WalkIns, intervals: int, interval: int, step: float) -> Array:
    """Return the mass of the work that the walk-ins of one of the intervals bring."""
    return _compound(walk_ins.count_laws(intervals)[interval], walk_ins.service_time.mass(step))


def _compound(counts: Array, service: Array) -> Array:
    """Return the law of a random sum, by Horner's rule in the number of summands."""
    mass = np.array([counts[-1]])
    for probability in counts[-2::-1]:
        mass = np.convolve(mass, service)
        mass[0] += probability
    # Trailing points so improbable that they can change no mean are moved to the last kept point.
    tail = np.cumsum((np.arange(mass.size) * mass)[::-1])[::-1]
    keep = max(int(np.count_nonzero(tail > 1e-18)), 1)
    kept = mass[:keep].copy()
    kept[-1] += mass[keep:].sum()
    return kept
