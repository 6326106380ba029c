"""The seats of an allocation: each the best at its turn, the more urgent patients first."""

import csv
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from opt import optimise
from opt.allocate import Allocation, Seat, Template, allocate, example, seats_of
from opt.allocate.__main__ import main
from opt.files import write_files
from tests.cases import REAL_CLINICS

WEIGHTS = Weights(waiting=1.0, idle=0.5, tardiness=1.0)
SESSION = ClinicSession(6, 18, 10.0, ServiceTime.gamma(24.0, 0.5), no_show=0.1)
TEMPLATE = Template(Objective(SESSION, WEIGHTS), optimise(Objective(SESSION, WEIGHTS)).schedule)


@pytest.fixture(scope="module")
def allocation() -> Allocation:
    """Sixty requests to two providers, of which some get no place."""
    return allocate(example(60, providers=2, days=10), gap=0.02)


def sessions(seats: tuple[Seat, ...]) -> list[list[Seat]]:
    """Return the seats of each half-day of each provider, the most urgent patient first."""
    together = groupby(seats, lambda one: (one.assignment.half_day, one.assignment.provider))
    return [
        sorted(some, key=lambda one: (-one.assignment.request.urgency, one.assignment.request.id))
        for _, some in together
    ]


def test_every_patient_has_the_best_seat_left_at_their_turn(allocation: Allocation):
    """By direct evaluation of every seat, the more urgent first, extra ones when all are taken."""
    seats = seats_of(allocation, {"Dr A": TEMPLATE, "Dr B": TEMPLATE})
    seated = {one.assignment.request.id for one in seats}
    assert seated == {one.request.id for one in allocation.assignments}
    sizes = [len(some) for some in sessions(seats)]
    assert max(sizes) > SESSION.patients > 1
    for some in sessions(seats):
        booked = [0] * SESSION.intervals
        for rank, one in enumerate(some, start=1):
            left = [at for at, most in enumerate(TEMPLATE.schedule) if most > booked[at]]
            places = left or range(SESSION.intervals)
            objective = Objective(replace(SESSION, patients=rank), WEIGHTS)
            tried = [[*booked[:at], booked[at] + 1, *booked[at + 1 :]] for at in places]
            costs = dict(zip(places, objective(tried).cost.tolist(), strict=True))
            assert costs[one.seat.interval] == pytest.approx(min(costs.values()), abs=1e-9)
            booked[one.seat.interval] += 1
    minutes = [one.seat.minute for one in seats[: sizes[0]]]
    assert minutes == sorted(minutes)


def test_templates_that_cannot_be_filled_are_refused(allocation: Allocation):
    """Patients that differ, a schedule of another session, a provider without any."""
    with pytest.raises(InvalidInput, match="template is 'patients that differ'"):
        Template(Objective(REAL_CLINICS["patients differ"], WEIGHTS), [6])
    with pytest.raises(InvalidInput, match="18"):
        Template(Objective(SESSION, WEIGHTS), [6])
    with pytest.raises(InvalidInput, match="template of 'Dr B'"):
        seats_of(allocation, {"Dr A": TEMPLATE})


def test_the_command_writes_a_seat_for_each_patient(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """By one template for all, and one provider's own; none, or half of them, are refused."""
    for name, patients in (("long", 6), ("short", 3)):
        objective = Objective(replace(SESSION, patients=patients), WEIGHTS)
        (tmp_path / name).mkdir()
        write_files(tmp_path / name, optimise(objective), {})
    small = ["--example", "20", "--providers", "2", "--days", "5", "--output", str(tmp_path)]
    every, own = (str(tmp_path / name / "result.json") for name in ("long", "short"))
    assert main([*small, "--template", f"Dr B={own}", "--template", every]) == 0
    assert "seats.csv" in capsys.readouterr().out
    with (tmp_path / "seats.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (tmp_path / "allocation.csv").open() as file:
        assert sorted(row["request"] for row in rows) == sorted(
            row["request"] for row in csv.DictReader(file)
        )
    assert all(float(row["minute"]) == 10 * int(row["interval"]) for row in rows)
    for template, message in (
        (f"Dr B={own}", "there is none for Dr A"), (str(tmp_path / "none.json"), "readable file"),
    ):  # fmt: skip
        assert main([*small, "--template", template]) == 2
        assert message in capsys.readouterr().err
