"""The rules clinics use."""

import pytest

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from opt import BASELINES, make_strategy, optimise

SESSION = ClinicSession(5, 10, 5.0, ServiceTime.exponential(10.0))


@pytest.mark.parametrize(
    ("rule", "parameters", "schedule"),
    [
        ("equispaced", {}, [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]),
        ("individual", {}, [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]),
        ("individual", {"spacing": 5.0}, [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]),
        ("bailey_welch", {}, [2, 0, 1, 0, 1, 0, 1, 0, 0, 0]),
        ("bailey_welch", {"spacing": 20.0}, [2, 0, 0, 0, 1, 0, 0, 0, 1, 1]),
        ("two_at_a_time", {}, [2, 0, 0, 0, 2, 0, 0, 0, 1, 0]),
    ],
)
def test_rules_book_as_they_say(
    rule: str, parameters: dict[str, float], schedule: list[int], weights: Weights
):
    """Who would come after the session comes in the last interval."""
    result = optimise(Objective(SESSION, weights), make_strategy(rule, parameters))
    assert result.schedule == schedule
    assert result.status == "heuristic"
    assert result.evaluations == 1


def test_every_baseline_books_all_patients_of_any_session(weights: Weights):
    """Also when there is far too much work."""
    session = ClinicSession(40, 3, 5.0, ServiceTime.exponential(30.0))
    for rule in BASELINES:
        assert sum(optimise(Objective(session, weights), rule).schedule) == 40


def test_a_spacing_of_nothing_is_refused():
    """Zero minutes between patients."""
    with pytest.raises(InvalidInput, match=r"strategy\.spacing is 0"):
        make_strategy("individual", {"spacing": 0})
