"""Requests that price schedules of one session together."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as drawn

from objective import InvalidInput
from opt.result import objective_from_dict
from serve.jobs.batching import FEW, Batching
from serve.jobs.search import objective_of
from tests.serve.jobs.conftest import SESSION

THREADS = 16


def schedule(place: int) -> list[int]:
    """Return a schedule of the session with all patients in two intervals."""
    made = [0] * 20
    made[place] += 4
    made[place + 3] += 6
    return made


def at_once(tasks: list[Callable[[], Any]]) -> list[Any]:
    """Do tasks in threads that begin together; return results, or the errors raised."""
    gate = threading.Barrier(len(tasks))

    def do(task: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return task()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(do, tasks))


def test_threads_that_ask_together_share_an_evaluation():
    """Fewer evaluations than requests; each gets its own numbers, as by itself."""
    batching = Batching(wait=0.2)
    asked = [[schedule(one % 10), schedule((3 * one) % 10)] for one in range(THREADS)]
    told = at_once([lambda one=one: batching.price(SESSION, one, "cpu") for one in asked])
    assert batching.evaluations < THREADS / 2
    objective = objective_from_dict(SESSION)
    for schedules, (_, performance) in zip(asked, told, strict=True):
        alone = objective(schedules)
        assert len(performance) == 2
        for row in range(2):
            assert performance.row(row) == pytest.approx(alone.row(row), rel=1e-12, abs=1e-12)


def test_an_error_of_one_request_does_not_hit_the_others():
    """A schedule of another session is refused for whoever sent it."""
    batching = Batching(wait=0.2)
    asked = [[schedule(0)], [[1] * 20], [schedule(1)], [[1, 2, 3]]]
    told = at_once([lambda one=one: batching.price(SESSION, one, "cpu") for one in asked])
    assert [isinstance(one, InvalidInput) for one in told] == [False, True, False, True]
    assert told[1].field == "schedules[0]"
    assert batching.evaluations == 1


def test_an_objective_that_cannot_be_made_is_refused_for_all_and_forgotten():
    """The next request is a new attempt."""
    failing = [True]

    def make(given: Any, device: str) -> Any:
        if failing[0]:
            raise InvalidInput("weights", None, "given")
        return objective_of(given, device)

    batching = Batching(make, wait=0.05)
    told = at_once([lambda: batching.price(SESSION, [schedule(0)], "cpu")] * 3)
    assert all(isinstance(one, InvalidInput) for one in told)
    failing[0] = False
    assert len(batching.price(SESSION, [schedule(0)], "cpu")[1]) == 1


def test_different_sessions_are_not_mixed():
    """Other weights, another objective."""
    batching = Batching(wait=0.05)
    other = {**SESSION, "weights": {"waiting": 1.0, "idle": 0.0, "tardiness": 0.0}}
    one, two = at_once(
        [
            lambda: batching.price(SESSION, [schedule(0)], "cpu"),
            lambda: batching.price(other, [schedule(0)], "cpu"),
        ]
    )
    assert batching.evaluations == 2
    assert float(two[1].cost[0]) == pytest.approx(float(one[1].waiting[0]))
    assert float(one[1].cost[0]) != pytest.approx(float(two[1].cost[0]))


def test_many_schedules_are_priced_at_once_by_themselves():
    """They wait for nobody."""
    batching = Batching(wait=60.0)
    _, performance = batching.price(SESSION, [schedule(0)] * (FEW + 1), "cpu")
    assert len(performance) == FEW + 1


@settings(max_examples=10, deadline=None)
@given(drawn.lists(drawn.integers(min_value=1, max_value=5), min_size=1, max_size=8))
def test_everybody_gets_as_many_rows_as_were_sent(sizes: list[int]):
    """Whatever comes together."""
    batching = Batching(wait=0.02)
    tasks = [
        lambda size=size: batching.price(SESSION, [schedule(size)] * size, "cpu") for size in sizes
    ]
    told = at_once(tasks)
    assert [len(performance) for _, performance in told] == sizes
    objective = objective_from_dict(SESSION)
    for size, (_, performance) in zip(sizes, told, strict=True):
        expected = float(objective(schedule(size)).cost)
        assert performance.cost.tolist() == pytest.approx([expected] * size)
