"""Parameters that change in the course of a search."""

import json

import pytest
import yaml

from objective import InvalidInput
from objective.errors import positive_number
from opt import make_strategy
from opt.strategies.course import Course, checked, value_at


def test_a_course_goes_from_the_first_to_the_last_value():
    """By equal differences or by equal factors; a constant stays."""
    assert [Course(1.0, 3.0).at(share) for share in (0, 0.5, 1)] == [1.0, 2.0, 3.0]
    halves = [Course(8.0, 0.5, "geometric").at(share) for share in (0, 0.25, 0.5, 0.75, 1)]
    assert halves == pytest.approx([8.0, 4.0, 2.0, 1.0, 0.5])
    assert value_at(0.3, 0.7) == 0.3
    assert value_at(Course(0.0, 1.0), 0.7) == 0.7


def test_a_course_is_described_alike_in_yaml_in_json_and_in_python():
    """Beside constants."""
    text = "{first: 0.5, last: 0.05, shape: geometric}"
    described = [yaml.safe_load(text), json.loads(json.dumps(yaml.safe_load(text)))]
    described.append(Course(0.5, 0.05, "geometric"))
    made = [make_strategy("genetic", {"mutation_probability": one}) for one in described]
    assert made[0] == made[1] == made[2]
    assert checked("some", {"first": 2, "last": 1}, positive_number) == Course(2, 1)
    assert checked("some", 4, positive_number) == 4


BAD = {
    "no end": ({"first": 1}, "strategy.pressure.last is None; it must be given"),
    "an unknown part": ({"first": 1, "last": 2, "middle": 3}, "strategy.pressure.middle is 3"),
    "an unknown shape": (
        {"first": 1, "last": 2, "shape": "wild"}, "strategy.pressure.shape is 'wild'; it must be "
        "'linear' or 'geometric'"),
    "text": ({"first": "high", "last": 2}, "strategy.pressure.first is 'high'"),
    "an infinite end": ({"first": 1, "last": float("inf")}, "strategy.pressure.last is inf"),
    "equal factors from nothing": (
        {"first": 0, "last": 2, "shape": "geometric"}, "strategy.pressure.first is 0; it must be "
        "a finite number greater than 0"),
    "an end outside the parameter's range": (Course(1, -2), "strategy.pressure.last is -2"),
    "a list": ([1, 2], r"strategy.pressure is \[1, 2\]"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_an_impossible_course_is_refused(case: str):
    """Naming the part that cannot be used."""
    value, message = BAD[case]
    with pytest.raises(InvalidInput, match=message):
        make_strategy("genetic", {"pressure": value})
