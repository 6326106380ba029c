"""The schedule nearest to a wished one among those that meet constraints: a mixed-integer program.

It serves where no coordinates express all constraints, and for single schedules.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from objective import ClinicSession, InvalidInput
from opt.constraints import Piece
from opt.difference import Points

#: Seconds after which the search is given up, or ends with the nearest schedule so far.
SECONDS = 20.0
#: What the solver calls a program without a solution.
IMPOSSIBLE = 2


def nearest_schedule(
    session: ClinicSession, pieces: Sequence[Piece], free: bool, schedule: Points
) -> Points | None:
    """Return the schedule that meets all pieces with cumulative bookings nearest to another's.

    Its unknowns, each for t = 1..T: the patients p_t booked before interval t (so that p_T are
    all), the distance from the wished p_t, whether somebody is booked into interval t - 1, and
    whether nobody is booked later than it. None if no schedule meets the pieces.

    Raises
    ------
    InvalidInput
        If neither a schedule nor the proof that there is none was found in time.
    """
    intervals, patients = session.intervals, session.patients
    pieces_edges = [edge for piece in pieces for edge in piece.edges.get("p", [])]
    wish = schedule.cumsum()
    rows: list[dict[int, float]] = []
    limits: list[float] = []

    def booked(t: int) -> dict[int, float]:
        return {t - 1: 1.0} if t else {}

    def at_most(limit: float, *terms: tuple[float, dict[int, float]]) -> None:
        row: dict[int, float] = {}
        for factor, columns in terms:
            for column, value in columns.items():
                row[column] = row.get(column, 0.0) + factor * value
        rows.append(row)
        limits.append(limit)

    for t in range(1, intervals + 1):
        at_most(0, (1, booked(t - 1)), (-1, booked(t)))
        distance = {intervals + t - 1: 1.0}
        at_most(float(wish[t - 1]), (1, booked(t)), (-1, distance))
        at_most(-float(wish[t - 1]), (-1, booked(t)), (-1, distance))
    for tail, head, length in pieces_edges:
        at_most(length, (1, booked(head)), (-1, booked(tail)))
    gaps = [piece.maximum_gap for piece in pieces if piece.maximum_gap is not None]
    for t in range(1, intervals + 1) if gaps else ():
        occupied = {2 * intervals + t - 1: 1.0}
        last = {3 * intervals + t - 1: 1.0}
        at_most(0, (1, booked(t)), (-1, booked(t - 1)), (-patients, occupied))
        # Only where all are booked may nobody come later.
        at_most(patients, (1, booked(intervals)), (-1, booked(t)), (patients, last))
        until = min(t + min(gaps), intervals)
        at_most(0, (1, booked(t)), (-1, booked(until)), (1, occupied), (-1, last))
    count = 4 * intervals if gaps else 2 * intervals
    upper = np.concatenate([np.full(2 * intervals, patients), np.ones(count - 2 * intervals)])
    lower = np.zeros(count)
    if not free:
        lower[intervals - 1] = patients
    places = [(row, column, value) for row, one in enumerate(rows) for column, value in one.items()]
    row, column, value = zip(*places, strict=True)
    matrix = csr_array((value, (row, column)), shape=(len(rows), count))
    cost = np.zeros(count)
    cost[intervals : 2 * intervals] = 1
    solved = milp(
        cost,
        constraints=LinearConstraint(matrix, ub=limits),
        bounds=Bounds(lower, upper),
        integrality=np.repeat([1, 0, 1], [intervals, intervals, count - 2 * intervals]),
        options={"time_limit": SECONDS},
    )
    if solved.status == IMPOSSIBLE:
        return None
    if solved.x is None:
        allowed = f"such that a schedule is found, or excluded, within {SECONDS:g} seconds"
        raise InvalidInput("constraints", "; ".join(piece.text for piece in pieces), allowed)
    upto = np.rint(solved.x[:intervals])
    return np.asarray(np.diff(upto, prepend=0), np.int64)
