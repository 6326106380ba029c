"""Gaps, goals, ranking and performance profiles of comparisons made by hand."""

import json

import numpy as np
import pytest

from opt.compare.comparison import reference_of
from opt.compare.page import contents, run_table
from opt.compare.standings import (
    overall_standing,
    performance_profile,
    ranked,
    soonest,
    standing_on,
)
from opt.compare.words import answer, differences, reference_text, refusals
from tests.opt.compare.hand_made import comparison, record

OPTIMUM = {"a": record((5, 100.0), status="optimal", bound=100.0)}
RUNS = {
    "a": {
        "exact": [record((5, 120.0), (40, 100.0), status="optimal", bound=100.0)],
        "genetic": [
            record((10, 130.0), (20, 100.9), (80, 100.4)),
            record((10, 130.0), (30, 102.0), (90, 102.0)),
        ],
    }
}


def test_a_standing_is_what_a_reader_computes_by_hand():
    """Gaps 0.4 % and 2 %; one of two runs within 0.5 %; the other one never within 1 %."""
    one = comparison(RUNS, OPTIMUM)
    _, genetic = one.plan.contenders
    standing = standing_on(one, genetic, "a")
    assert standing is not None
    assert standing.runs == 2
    assert standing.gaps == pytest.approx((0.012, 0.004, 0.02))
    assert (standing.closer, standing.close) == (0.5, 0.5)
    # The median of 20 and never.
    assert standing.evaluations is None
    assert standing.spent == (85, 8.5)
    assert standing.proved == 0
    assert overall_standing(one, genetic) == standing


def test_what_it_takes_to_come_within_1_percent_is_a_median_over_runs():
    """40 evaluations, 4 seconds."""
    one = comparison(RUNS, OPTIMUM)
    standing = standing_on(one, one.plan.contenders[0], "a")
    assert standing is not None
    assert (standing.evaluations, standing.seconds, standing.proved) == (40, 4.0, 1)


def test_a_gap_is_against_the_best_known_where_nothing_is_certified():
    """And the distance to the bound is told."""
    bounded = record((9, 90.0), status="bounded", bound=80.0)
    reference = reference_of(bounded, [record((1, 84.0)), record((1, 100.0))])
    assert (reference.cost, reference.certified, reference.lower_bound) == (84.0, False, 80.0)
    assert reference.gap(100.0) == pytest.approx(16 / 84)
    assert reference.gap_to_bound(100.0) == pytest.approx(20 / 84)
    assert reference_of(None, [record((1, 84.0))]).gap_to_bound(100.0) is None
    one = comparison({"a": {**RUNS["a"], "exact": [record((1, 100.0))]}}, {"a": bounded})
    assert reference_text(one, "a") == (
        "best known 90.000000, not certified; no schedule costs less than 80.000000, which is "
        "11.11 % lower"
    )
    assert "best known cost" in answer(one)[0]


def test_a_strategy_that_proves_its_optimum_certifies_it():
    """Where the run that was to certify did not come to its end."""
    proved = record((9, 90.0), status="optimal", bound=90.0)
    assert reference_of(record((1, 95.0)), [proved]).certified
    assert reference_of(None, [proved]).cost == 90.0


@pytest.mark.parametrize(("cost", "other", "gap"), [(-50.0, -49.0, 0.02), (0.0, 0.25, 0.25)])
def test_gaps_have_the_right_sign_for_costs_that_are_negative_or_zero(
    cost: float, other: float, gap: float
):
    """A share of the reference's size, or of 1."""
    reference = reference_of(record((1, cost), status="optimal", bound=cost), [])
    assert reference.gap(other) == pytest.approx(gap)
    assert reference.gap(cost * (1 + 1e-12)) == 0.0


def test_the_profile_is_the_share_of_problems_within_a_factor_of_the_first():
    """Two problems: exact needs 40, genetic 20 and never."""
    profile = performance_profile(comparison(RUNS, OPTIMUM), "evaluations")
    factors, shares = profile["exact"]
    np.testing.assert_allclose(factors, [1, 2])
    np.testing.assert_allclose(shares, [0.5, 1])
    factors, shares = profile["genetic"]
    np.testing.assert_allclose(factors, [1])
    np.testing.assert_allclose(shares, [0.5])


def test_the_strategy_to_take_ends_nearest_and_of_equals_comes_near_first():
    """A strategy that refuses an instance comes last, whatever its gap."""
    one = comparison(RUNS, OPTIMUM)
    assert [contender.label for contender in ranked(one)] == ["exact", "genetic"]
    assert answer(one)[0].startswith("Take exact: it reaches the certified optimum in its run")
    fast = {"a": {**RUNS["a"], "genetic": [record((9, 100.0)), record((9, 100.0))]}}
    two = comparison(fast, OPTIMUM)
    # Of two that end at the optimum, the one that proves it.
    assert [contender.label for contender in ranked(two)] == ["exact", "genetic"]
    unproved = {"a": {**fast["a"], "exact": [record((5, 120.0), (40, 100.0))]}}
    equal = comparison(unproved, OPTIMUM)
    assert [contender.label for contender in ranked(equal)] == ["genetic", "exact"]
    assert soonest(two, "evaluations").label == "genetic"
    refusing = {"a": {**RUNS["a"], "exact": ["session is no good"]}}
    three = comparison(refusing, OPTIMUM)
    assert [contender.label for contender in ranked(three)] == ["genetic", "exact"]
    assert refusals(three) == ["exact on a: session is no good"]
    columns, rows = run_table(three)
    assert all(len(row) == len(columns) for row in rows)
    assert rows[0][-1] == "session is no good"


def test_every_number_can_be_written_as_json():
    """No NaN, no infinity, whatever was refused or never reached."""
    for exact in (RUNS["a"]["exact"], ["no"]):
        one = comparison({"a": {**RUNS["a"], "exact": exact}}, OPTIMUM)
        text = json.dumps(contents(one), allow_nan=False)
        assert json.loads(text)["standings"]["genetic"]["a"]["evaluations"] is None
        assert set(differences(one)) < {"exact", "genetic"}
