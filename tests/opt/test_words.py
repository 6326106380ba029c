"""Sessions and proofs in words."""

import pytest

from objective import (
    ClinicSession,
    Interruption,
    Objective,
    PatientType,
    ServiceTime,
    WalkIns,
    Weights,
)
from opt import Constraints, optimise
from opt.words import certificate_text, constraints_text, session_text

WHOLE, CONTINUOUS = ServiceTime.poisson(5.0), ServiceTime.gamma(5.0, 0.6)
TYPES = {"whole": PatientType(WHOLE), "continuous": PatientType(CONTINUOUS)}


def session_of(law: ServiceTime, **more: object) -> ClinicSession:
    """Three patients in five intervals."""
    return ClinicSession(3, 5, 5.0, law, **more)


GRIDS = {
    "whole minutes": (session_of(WHOLE), False),
    "a continuous law": (session_of(CONTINUOUS), True),
    "continuous walk-ins": (session_of(WHOLE, walk_ins=WalkIns(CONTINUOUS, rate=0.1)), True),
    "a continuous late start": (
        session_of(WHOLE, interruptions=[Interruption(0, CONTINUOUS)]), True),
    "patients of a continuous type": (
        session_of(WHOLE, patient_types=TYPES, order=["continuous"] * 3), True),
    "patients of a whole type": (
        session_of(CONTINUOUS, patient_types=TYPES, order=["whole"] * 3), False),
}  # fmt: skip


@pytest.mark.parametrize("name", list(GRIDS))
def test_a_proof_says_that_it_is_one_on_a_grid_where_it_is(name: str):
    """Whatever it is that does not take whole minutes."""
    session, on_grid = GRIDS[name]
    words = certificate_text(optimise(Objective(session, Weights(1, 1, 1))))
    assert words.startswith("Proved: no schedule of these 3 patients")
    assert ("on a grid of 1 min" in words) == on_grid


def test_breaks_are_told_on_a_clock_and_other_demands_by_interval():
    """Consecutive blocked intervals are one break."""
    session = ClinicSession(3, 12, 5.0, WHOLE)
    constraints = Constraints(blocked=[3, 2, 7, 4], minimum={1: 1}, latest={3: 9})
    assert constraints_text(session, constraints, 9 * 60) == (
        "nobody from 09:10 to 09:25; nobody from 09:35 to 09:40; at least 1 in interval 1; "
        "patient 3 not after interval 9"
    )
    assert constraints_text(session, Constraints()) == ""


def test_a_session_is_told_with_what_is_special_about_it():
    """Types, walk-ins, interruptions and a free number."""
    session = session_of(
        WHOLE,
        patient_types=TYPES,
        order=["whole", "continuous", "whole"],
        walk_ins=WalkIns(WHOLE, rate=0.2, discipline="priority"),
        interruptions=[Interruption(0, WHOLE, 0.5)],
    )
    assert session_text(Objective(session, Weights(1, 1, 1), value_per_patient=9.0)) == (
        "up to 3 patients in 5 intervals of 5 minutes, consultations of 5 minutes on average, "
        "no-show 0 %, patients of the types whole, continuous, 1 walk-ins who go first expected, "
        "interruptions of 2.5 minutes, a patient seen is worth 9"
    )
