"""A slow evaluator for sessions whose patients differ, with interruptions: plain loops in numpy.

Like ``plain_loops`` it shares nothing with the fast paths but the masses of the laws.
"""

import numpy as np

from objective import ClinicSession


def evaluate(session: ClinicSession, schedule: list[int], step: float) -> dict[str, float]:
    """Return waiting, weighted waiting, tardiness, session and makespan idle, and walk-in waiting."""
    per_interval = round(session.interval_length / step)
    law, rank = np.ones(1), 0
    waiting = weighted = shows = walk_in_total = last_end = 0.0
    walk_ins = session.walk_ins
    counts = walk_ins.count_laws(session.intervals) if walk_ins else []
    for t, patients in enumerate(schedule):
        for one in session.interruptions:
            if one.interval == t:
                away = one.probability * one.work.mass(step)
                away[0] += 1 - one.probability
                law = np.convolve(law, away)
        if walk_ins:
            mean, service = mean_of(law), walk_ins.service_time.mass(step)
            mixed, added = np.zeros(1), law
            for number, probability in enumerate(counts[t]):
                before = number * mean + number * (number - 1) / 2 * mean_of(service)
                walk_in_total += step * probability * before
                longer = np.zeros(max(mixed.size, added.size))
                longer[: mixed.size] += mixed
                longer[: added.size] += probability * added
                mixed, added = longer, np.convolve(added, service)
            law = mixed
        for _ in range(patients):
            patient = session.roster[rank]
            come = 1 - patient.no_show
            found = step * mean_of(law)
            waiting += come * found
            weighted += patient.waiting_weight * come * found
            shows += come
            nobody_later = np.prod([one.no_show for one in session.roster[rank + 1 : sum(schedule)]])
            end = t * session.interval_length + found + patient.service_time.mean
            last_end += come * float(nobody_later) * end
            mass = come * patient.service_time.mass(step)
            mass[0] += patient.no_show
            law = np.convolve(law, mass)
            rank += 1
        law = np.concatenate([[law[: per_interval + 1].sum()], law[per_interval + 1 :]])
    tardiness = step * mean_of(law)
    booked = sum((1 - one.no_show) * one.service_time.mean for one in session.roster[:rank])
    work = booked + session.expected_work - session.expected_booked_work
    return {
        "waiting_sum": waiting,
        "weighted_sum": weighted,
        "seen": shows,
        "tardiness": tardiness,
        "idle": session.length + tardiness - work,
        "makespan_idle": last_end - booked,
        "walk_in_waiting": walk_in_total / max(session.expected_walk_ins, 1e-300),
    }


def mean_of(mass: np.ndarray) -> float:
    """Return the mean of a mass in steps."""
    return float(np.arange(mass.size) @ mass)
