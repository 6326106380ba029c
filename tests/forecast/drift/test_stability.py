"""The population stability index: a shift is found, and chance is not taken for one."""

import numpy as np
import pandas as pd
import pytest

from forecast.drift.stability import SHIFTED, STABLE, WATCH, Stability, Thresholds, stability
from objective import InvalidInput


def one(before: object, now: object, **thresholds: float) -> Stability:
    """How far a single input has moved."""
    tables = (pd.DataFrame({"input": before}), pd.DataFrame({"input": now}))
    (found,) = stability(*tables, Thresholds(**thresholds))  # type: ignore[arg-type]
    return found


def test_by_hand_of_two_bins():
    """Shares 0.5 and 0.5 before, 0.8 and 0.2 now: 0.3 ln 1.6 - 0.3 ln 0.4 = 0.41589."""
    before, now = [0, 1] * 50_000, [0] * 80_000 + [1] * 20_000
    found = one(before, now)
    assert found.index == pytest.approx(0.41589, abs=1e-4)
    assert found.status == SHIFTED
    assert list(found.reference) == [0.5, 0.5]
    assert list(found.current) == [0.8, 0.2]


@pytest.mark.parametrize("size", [50, 500, 50_000])
def test_what_has_not_moved_is_stable_whatever_the_size(size: int):
    """Of 300 draws from one law, almost none is said to have moved, few cases or many."""
    generator = np.random.default_rng(size)
    draws = [one(*generator.normal(size=(2, size))) for _ in range(300)]
    assert sum(found.status != STABLE for found in draws) <= 9
    if size == 50:
        assert sum(found.index > 0.25 for found in draws) > 100


def test_a_shift_of_the_mean_is_found():
    """By half a standard deviation it is to be watched, by one it has shifted."""
    generator = np.random.default_rng(1)
    before = generator.normal(size=5_000)
    assert one(before, generator.normal(0.4, 1, 5_000)).status == WATCH
    assert one(before, generator.normal(1.0, 1, 5_000)).status == SHIFTED


def test_the_farthest_comes_first():
    """Of three inputs."""
    generator = np.random.default_rng(2)
    before = pd.DataFrame(generator.normal(size=(1000, 3)), columns=list("abc"))
    found = stability(before, before.add([0.0, 2.0, 0.5]), Thresholds())
    assert [each.name for each in found] == ["b", "c", "a"]
    assert found[-1].index == pytest.approx(0)


def test_levels_unseen_before_and_missing_values_have_bins_of_their_own():
    """Texts: half are of a new level now; numbers: half are missing now."""
    texts = one(["new", "return"] * 500, ["new", "telephone"] * 500)
    assert texts.status == SHIFTED
    assert dict(zip(texts.bins, texts.current, strict=True))["unseen"] == 0.5
    numbers = one(np.arange(1000.0), np.where(np.arange(1000) % 2, np.nan, np.arange(1000)))
    assert numbers.status == SHIFTED
    assert dict(zip(numbers.bins, numbers.current, strict=True))["missing"] == 0.5
    gone = one(["a", None] * 500, ["a"] * 1000)
    assert dict(zip(gone.bins, gone.reference, strict=True))["missing"] == 0.5


def test_rare_levels_share_a_bin():
    """A thousand names, each seen once or twice, say nothing one by one."""
    generator = np.random.default_rng(3)
    names = np.array([f"area {number}" for number in range(200)])
    found = one(generator.choice(names, 5_000), generator.choice(names, 5_000))
    assert found.status == STABLE
    assert len(found.bins) == 21
    assert "others" in found.bins


@pytest.mark.parametrize(
    ("before", "now", "status"),
    [
        ([1.0] * 100, [1.0] * 100, STABLE),
        ([1.0] * 100, [2.0] * 100, SHIFTED),
        ([np.nan] * 100, [1.0] * 100, SHIFTED),
        ([np.inf, 0.0] * 50, [np.inf, 0.0] * 50, STABLE),
        ([True, False] * 100, [True] * 200, SHIFTED),
        (*[pd.array([1, None] * 100, dtype="Int64")] * 2, STABLE),
    ],
)  # fmt: skip
def test_odd_inputs_are_told_apart_too(before: object, now: object, status: str):
    """Constants, nothing but missing values, infinities, flags."""
    found = one(before, now)
    assert found.status == status
    assert np.isfinite(found.index)


def test_a_period_without_cases_is_refused():
    """Which of the two is told."""
    table = pd.DataFrame({"input": [1.0, 2.0]})
    with pytest.raises(InvalidInput, match="current period"):
        stability(table, table.iloc[:0], Thresholds())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": 1}, "task.bins is 1"),
        (
            {"watch": 0.5},
            "task.watch is 0.5; it must be greater than 0, at most task.shifted, 0.25",
        ),
        ({"shifted": float("nan")}, "task.shifted is nan"),
    ],
)
def test_thresholds_that_cannot_be_are_refused(options: dict[str, float], message: str):
    """Before any work."""
    with pytest.raises(InvalidInput, match=message):
        Thresholds(**options)  # type: ignore[arg-type]
