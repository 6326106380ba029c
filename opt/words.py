"""Sessions, schedules and proofs in words, for the terminal and the report."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from objective import ClinicSession, Objective
from opt.constraints import Constraints
from opt.result import Result

#: The days of the week as people write them in requests, in the order of `datetime.date.weekday`.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def clock(minutes: float) -> str:
    """Return minutes after midnight as hh:mm, with seconds where there are any."""
    seconds = round(60 * minutes)
    hours, rest = divmod(seconds, 3600)
    text = f"{hours % 24:02d}:{rest // 60:02d}"
    return f"{text}:{rest % 60:02d}" if rest % 60 else text


def listed(words: Iterable[str]) -> str:
    """Return words, at least one, as one reads them out."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def schedule_text(schedule: Sequence[int], session: ClinicSession, start: int = 0) -> str:
    """Return the booked times of a schedule on a clock; ``start`` is in minutes after midnight."""
    times = [
        clock(start + interval * session.interval_length) + (f" (x{count})" if count > 1 else "")
        for interval, count in enumerate(schedule)
        if count
    ]
    return "  ".join(times) or "nobody"


def session_text(objective: Objective) -> str:
    """Return who is to be seen, and how long it takes."""
    session = objective.session
    words = [
        f"{'up to ' if objective.free else ''}{session.patients} patients in {session.intervals} "
        f"intervals of {session.interval_length:g} minutes"
    ]
    if session.alike:
        patient = session.roster[0]
        law = patient.service_time
        words.append(f"consultations of {law.mean:.4g} minutes (cv {law.cv:.3g})")
        words.append(f"no-show {100 * patient.no_show:.4g} %")
    else:
        words.append(f"consultations of {session.mean_service_times.mean():.4g} minutes on average")
        words.append(f"no-show {100 * (1 - session.shows.mean()):.4g} %")
        words.append("patients of the types " + ", ".join(session.patient_types or ()))
    if session.walk_ins is not None:
        first = " who go first" if session.priority else ""
        words.append(f"{session.expected_walk_ins:.3g} walk-ins{first} expected")
    if session.interruptions:
        words.append(f"interruptions of {session.expected_interruptions.sum():.3g} minutes")
    if objective.value_per_patient is not None:
        words.append(f"a patient seen is worth {objective.value_per_patient:g}")
    return ", ".join(words)


def constraints_text(session: ClinicSession, constraints: Constraints, start: int = 0) -> str:
    """Return what is demanded of the schedule, with breaks on a clock; empty if nothing is."""
    words = []
    length = session.interval_length
    for first, last in _runs(list(constraints.blocked or ())):
        begins, ends = clock(start + first * length), clock(start + (last + 1) * length)
        words.append(f"nobody from {begins} to {ends}")
    others = replace(constraints, blocked=())
    words += [piece.text for piece in others.pieces(session)]
    return "; ".join(words)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last number of each run of consecutive numbers, in order."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def certificate_text(result: Result) -> str:
    """Return in words what is known of the result."""
    session, objective = result.objective.session, result.objective
    patients = f"these {session.patients} patients" if session.patients > 1 else "this patient"
    if objective.free:
        patients = f"at most {session.patients} patients"
    if not session.alike:
        patients += " in this order"
    if result.constraints:
        patients += " under these constraints"
    step = objective.step
    grid = "" if step is None or session.lies_on(step) else f", on a grid of {step:g} min"
    reason = f" ({result.note})" if result.note else ""
    if result.status == "heuristic":
        return f"The best schedule found; that there is none better is not proved{reason}."
    proved = f"Proved: no schedule of {patients} costs less than {result.lower_bound:.9f}{grid}; "
    if result.status.startswith("optimal"):
        return f"{proved}this one costs {result.cost:.9f} (gap {result.gap:.1g}){reason}."
    gained = f"this one costs {result.cost:.9f}, so at most {result.gap:.3g} can be gained"
    return f"{proved}{gained}{reason}."
