"""How far the best schedule moves between sessions, and what it costs to keep it."""

from dataclasses import replace

import pytest
from rich.console import Console

from objective import ClinicSession, Objective, ServiceTime, Weights
from opt import optimise
from opt.moved import comparable, moved, moved_table


@pytest.fixture
def results(four_patients: ClinicSession, weights: Weights) -> list[dict[str, object]]:
    """The best schedules of a session with short consultations, and with long ones."""
    sessions = [
        replace(four_patients, service_time=ServiceTime.exponential(mean)) for mean in (2.0, 9.0)
    ]
    return [
        optimise(Objective(session, weights), strategy="exact", seed=0).to_dict()
        for session in sessions
    ]


def test_shifts_are_those_of_the_patients_in_their_order(results: list[dict[str, object]]):
    """By hand: the third patient comes one interval later, the fourth two earlier."""
    first = {**results[1], "schedule": [1, 1, 0, 1, 0, 1]}
    second = {**results[1], "schedule": [1, 1, 0, 0, 1, 1]}
    third = {**results[1], "schedule": [1, 1, 0, 2, 0, 0]}
    later = moved(second, first)
    assert (later.patients, later.mean, later.largest) == (1, 1.25, 5.0)
    earlier = moved(third, first)
    assert (earlier.patients, earlier.mean, earlier.largest) == (1, -2.5, 10.0)
    assert moved(first, first).patients == 0


def test_not_to_move_costs_what_the_other_schedule_costs_more(
    results: list[dict[str, object]], four_patients: ClinicSession, weights: Weights
):
    """And beside an optimum it is never less than nothing."""
    one = moved(results[1], results[0])
    objective = Objective(four_patients, weights)
    costs = objective([results[0]["schedule"], results[1]["schedule"]]).cost.tolist()
    assert one.regret == pytest.approx(costs[0] - costs[1])
    assert one.regret > 0
    assert moved(results[0], results[0]).regret == 0


def test_only_sessions_that_differ_in_their_inputs_are_compared(
    results: list[dict[str, object]],
):
    """Not the same session twice, nor other patients or intervals, nor a result of another kind."""
    assert comparable(results)
    assert not comparable(results[:1])
    assert not comparable([results[0], results[0]])
    assert not comparable([results[0], {**results[1], "schedule": [4, 1, 0, 0, 0, 0]}])
    assert not comparable([results[0], {**results[1], "schedule": [4, 0, 0, 0, 0]}])
    assert not comparable([results[0], {"session": {}}])


def test_the_table_has_a_row_for_each_job(results: list[dict[str, object]]):
    """Beside the first, which does not move from itself."""
    console = Console(width=120, record=True, file=None)
    with console.capture() as shown:
        console.print(moved_table(["short", "long"], results))
    text = shown.get()
    assert "from that of short" in text
    assert "0 of 4" in text
    assert "+0.0 min" in text
