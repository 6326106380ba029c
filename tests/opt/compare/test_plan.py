"""What a comparison consists of, and what it refuses."""

import json
import pickle

import pytest

from objective import InvalidInput, Objective, Weights
from opt.compare.plan import REFERENCE, Plan, contenders_from
from opt.optimise import optimise
from opt.registry import BASELINES, STRATEGIES, is_deterministic, make_strategy
from tests.opt.compare.hand_made import plan


def test_names_parameters_labels_and_grids_make_strategies():
    """Every combination of a grid has its own label."""
    made = contenders_from(
        [
            "exact",
            {"name": "local_search", "starts": 10},
            {"name": "genetic", "label": "small", "population": 10},
            {
                "name": "genetic",
                "elite": 1,
                "grid": {"population": [10, 20], "generations": [5, 6]},
            },
        ]
    )
    assert [one.label for one in made] == [
        "exact",
        "local_search, starts 10",
        "small",
        "genetic, elite 1 10 x 5",
        "genetic, elite 1 10 x 6",
        "genetic, elite 1 20 x 5",
        "genetic, elite 1 20 x 6",
    ]
    assert made[-1].parameters["population"] == 20
    assert made[-1].parameters["elite"] == 1


def test_without_a_list_every_strategy_that_searches_is_compared():
    """Not the rules."""
    names = [one.strategy.name for one in contenders_from(None)]
    assert names == [name for name in STRATEGIES if name not in BASELINES]


BAD = {
    "nothing": ([], "strategies"),
    "not a list": ("exact", "strategies"),
    "unknown": (["exakt"], "strategy.name"),
    "no name": ([{"starts": 3}], "strategies[0]"),
    "unknown parameter": ([{"name": "genetic", "popsize": 3}], "strategy.popsize"),
    "value": ([{"name": "genetic", "population": 1}], "strategy.population"),
    "empty grid": ([{"name": "genetic", "grid": {}}], "strategies[0].grid"),
    "grid of numbers": ([{"name": "genetic", "grid": {"elite": 3}}], "strategies[0].grid"),
    "value in a grid": ([{"name": "genetic", "grid": {"elite": [-1]}}], "strategy.elite"),
    "label": ([{"name": "genetic", "label": 7}], "strategies[0].label"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_strategy_that_cannot_be_made_is_refused(case: str):
    """Naming the field."""
    descriptions, field = BAD[case]
    with pytest.raises(InvalidInput) as refused:
        contenders_from(descriptions)
    assert refused.value.field == field


@pytest.mark.parametrize("seeds", [0, -1, 2.5, True, "ten"])
def test_a_number_of_seeds_is_a_positive_whole_number(seeds: object):
    """Anything else is refused."""
    with pytest.raises(InvalidInput, match="seeds is"):
        plan("a", seeds=seeds)


def test_names_that_would_share_a_file_are_refused():
    """Also the name of the certifying runs."""
    with pytest.raises(InvalidInput, match="instances is"):
        plan("a b", "a-b")
    with pytest.raises(InvalidInput, match="strategies is"):
        plan("a", strategies=("exact", "exact"))


def test_strategies_that_do_not_draw_run_once():
    """The others with every seed; the certifying runs come first."""
    jobs = plan("a", "b", seeds=3).jobs()
    assert [job.label for job in jobs[:2]] == [REFERENCE, REFERENCE]
    told = [(job.label, job.instance, job.seed) for job in jobs[2:]]
    assert told == [
        ("exact", "a", 0), ("exact", "b", 0), ("genetic", "a", 0), ("genetic", "b", 0),
        ("genetic", "a", 1), ("genetic", "b", 1), ("genetic", "a", 2), ("genetic", "b", 2),
    ]  # fmt: skip


FIXED = [name for name in STRATEGIES if is_deterministic(make_strategy(name))]


@pytest.mark.parametrize("name", FIXED)
def test_a_strategy_that_says_so_is_the_same_with_every_seed(name: str, four_patients):
    """Its whole history but for the seconds."""
    strategy = make_strategy(name)
    objective = Objective(four_patients, Weights(1, 0.5, 1))
    one, two = (optimise(objective, strategy, seed=seed) for seed in (0, 12345))
    assert [(line.evaluations, line.cost, line.schedule) for line in one.history] == [
        (line.evaluations, line.cost, line.schedule) for line in two.history
    ]


def test_local_search_from_random_starts_draws():
    """From the even start alone it does not."""
    assert is_deterministic(make_strategy("local_search"))
    assert not is_deterministic(make_strategy("local_search", {"starts": 2}))
    assert not is_deterministic(make_strategy("local_search", {"improvement": "first"}))


def test_a_plan_is_the_same_after_it_was_written_and_read():
    """Its jobs too, which can be sent to other processes."""
    one = plan("a", "b")
    again = Plan.from_dict(json.loads(json.dumps(one.to_dict())))
    assert again.jobs() == one.jobs()
    assert pickle.loads(pickle.dumps(one.jobs())) == one.jobs()
    with pytest.raises(InvalidInput, match=r"plan\.format"):
        Plan.from_dict({**one.to_dict(), "format": 99})
