"""How sure a difference of scores is."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecast import paired_test
from forecast.data.periods import Split
from forecast.evaluation import Evaluation
from forecast.paired_test import Resampling, mean_draws, score_gains
from objective import InvalidInput


def evaluated(losses: dict[str, np.ndarray], blocks: np.ndarray) -> Evaluation:
    """An evaluation with these losses."""
    day = pd.Timestamp("2023-01-01")
    frame = pd.DataFrame(losses)
    scores = frame.mean().to_frame("score")
    split = Split(day, day, day + pd.Timedelta(days=1))
    return Evaluation("coin", split, "score", scores, frame, blocks)


def test_of_independent_cases_it_is_the_interval_of_students_t():
    """2,000 differences around 0.1: the ends agree to a twentieth of the width."""
    generator = np.random.default_rng(1)
    base = generator.normal(5, 3, 2000)
    losses = {"plain": base, "better": base - generator.normal(0.1, 1, 2000)}
    gains = score_gains(evaluated(losses, np.arange(2000)), "plain", Resampling())
    difference = losses["plain"] - losses["better"]
    low, high = stats.t.interval(0.95, 1999, difference.mean(), stats.sem(difference))
    better = gains.loc["better"]
    assert better["gain"] == pytest.approx(difference.mean())
    assert [better["low"], better["high"]] == pytest.approx([low, high], abs=(high - low) / 20)
    assert list(gains.loc["plain"]) == [0, 0, 0]


def test_cases_of_one_block_count_as_one():
    """Fifty copies of each of forty cases say no more than the forty."""
    values = np.random.default_rng(2).normal(size=(40, 1))
    once = mean_draws(values, np.arange(40), Resampling())
    copies = mean_draws(np.repeat(values, 50, axis=0), np.repeat(np.arange(40), 50), Resampling())
    np.testing.assert_allclose(copies, once)


def test_blocks_of_different_sizes_are_weighed_by_their_cases():
    """It equals a plain loop over drawn blocks."""
    values = np.arange(10.0)[:, None]
    blocks = np.array(list("aaaabbcccc"))
    resampling = Resampling(resamples=200, seed=3)
    means = mean_draws(values, blocks, resampling)[:, 0]
    drawn = np.random.default_rng(3).integers(3, size=(200, 3))
    parts = [values[blocks == name, 0] for name in "abc"]
    expected = [np.concatenate([parts[one] for one in row]).mean() for row in drawn]
    np.testing.assert_allclose(means, expected)


def test_the_draws_do_not_depend_on_how_many_fit_into_memory(monkeypatch: pytest.MonkeyPatch):
    """A small budget makes many steps of the same numbers."""
    values, blocks = np.random.default_rng(4).normal(size=(300, 2)), np.arange(300) // 3
    whole = mean_draws(values, blocks, Resampling())
    monkeypatch.setattr(paired_test, "MEMORY", 8 * 100 * 7)
    np.testing.assert_allclose(mean_draws(values, blocks, Resampling()), whole, atol=1e-14)


def test_a_level_of_ninety_five_per_cent_holds():
    """Of 400 samples of 60 blocks, about 95 % cover the truth."""
    generator = np.random.default_rng(5)
    covered = 0
    for seed in range(400):
        effects = np.repeat(generator.normal(0.3, 1, 60), 5) + generator.normal(0, 1, 300)
        resampling = Resampling(resamples=400, seed=seed)
        means = mean_draws(effects[:, None], np.arange(300) // 5, resampling)
        low, high = np.quantile(means, [0.025, 0.975])
        covered += low <= 0.3 <= high
    assert 0.91 <= covered / 400 <= 0.975


def test_what_cannot_be_tested_is_refused():
    """One block, or a score that is not finite."""
    with pytest.raises(InvalidInput, match="1 block held out"):
        mean_draws(np.ones((5, 1)), np.zeros(5), Resampling())
    with pytest.raises(InvalidInput, match="finite for every case"):
        mean_draws(np.array([[1.0], [np.nan]]), np.arange(2), Resampling())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resamples": 10}, "resamples is 10; it must be a whole number from 100"),
        ({"confidence": 95}, "confidence is 95; it must be a number between 0.5 and 1"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_a_resampling_that_cannot_be_is_refused(options: dict[str, float], message: str):
    """Before any work."""
    with pytest.raises(InvalidInput, match=message):
        Resampling(**options)  # type: ignore[arg-type]
