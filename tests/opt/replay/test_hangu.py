"""Measured consultation times of one physician: 381 sessions (Feng et al. 2023, Data 8(3):47)."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from objective import Weights
from opt.registry import BASELINES
from opt.replay.past_sessions import PastSession, read_past_sessions
from opt.replay.reasons import ORDER
from opt.replay.replay import OPTIMISED, Replay, replay
from opt.replay.settings import ReplaySettings
from opt.replay.valuation import Valuation
from opt.replay.words import verdict
from tests.plain_day import plain_day

BALANCED = Valuation(Weights(1.0, 0.5, 1.0))
LEARNT, REPLAYED = 266, 115


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> list[PastSession]:
    """The sessions, in the file format of a replay."""
    folder = os.environ.get("BAILEY_DATA")
    if folder is None:
        if os.environ.get("CI"):
            pytest.fail("BAILEY_DATA is not set")
        pytest.skip("needs BAILEY_DATA, a folder with measured consultation times as Parquet")
    table = pd.read_parquet(Path(folder) / "hangu_consultation_service_time_2018_2019.parquet")
    path = tmp_path_factory.mktemp("hangu") / "sessions.parquet"
    pd.DataFrame(
        {
            "session": table["Session"],
            "date": table["Session"],
            "patient": table.groupby("Session").cumcount() + 1,
            "minutes": table["ServTime"] / 60,
            "visit_type": np.where(table["Visit.No"] == 1, "new", "return"),
        }
    ).to_parquet(path)
    return read_past_sessions(path)


def check(outcome: Replay, past: list[PastSession]) -> None:
    """Check that the replay is of the held-out sessions, as they were, and proved."""
    assert outcome.comparison.sessions == tuple(str(one) for one in range(LEARNT + 1, 382))
    assert all(plans[OPTIMISED].status == "optimal" for plans in outcome.plans)
    for place in (0, 50, 114):
        session, plan = past[LEARNT + place], outcome.plans[place][OPTIMISED]
        length = len(plan.schedule) * plan.interval_length
        slow = plain_day(
            plan.appointments.tolist(), session.minutes.tolist(), session.came.tolist(), length
        )
        found = outcome.comparison.measured[OPTIMISED]
        assert found["waiting"][place] == pytest.approx(slow["waited"] / session.patients)
        assert found["idle"][place] == pytest.approx(slow["idle"])
        assert found["tardiness"][place] == pytest.approx(slow["tardiness"])


@pytest.mark.slow
def test_the_optimised_schedule_is_better_or_the_words_say_that_it_is_not(
    past: list[PastSession],
):
    """On the sessions held out; patients taken to be alike, it is better by chance at least."""
    assert (len(past), sum(one.patients for one in past)) == (381, 6637)
    outcome = replay(past, ReplaySettings(), BALANCED)
    check(outcome, past)
    comparison, words = outcome.comparison, " ".join(verdict(outcome))
    gains = {name: comparison.difference(OPTIMISED, name) for name in BASELINES}
    assert outcome.learnt_from == (LEARNT,) * REPLAYED
    if all(gain.high < 0 for gain in gains.values()):
        assert "is better than every baseline: " in words
    elif all(gain.mean < 0 for gain in gains.values()):
        assert "is better than every baseline on average, but not beyond chance" in words
        assert "Why, beside" in words
    else:
        assert "is not better than every baseline" in words
        assert "Why, beside" in words
    # Every consultation counts, so that these are the numbers of this data and of no other.
    assert comparison.mean(OPTIMISED).mean == pytest.approx(30.703, abs=0.01)
    assert gains["individual"].mean == pytest.approx(-0.596, abs=0.01)
    assert gains["individual"].low < 0 < gains["individual"].high
    assert max(gains["bailey_welch"].high, gains["equispaced"].high) < 0
    # What is missing is the order of the consultations: they become shorter within a session.
    changes = outcome.reasons["individual"].changes
    assert max(changes, key=lambda reason: changes[reason]) == ORDER
    assert outcome.thirds[0] > outcome.thirds[1] > outcome.thirds[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings", [ReplaySettings(parts=6), ReplaySettings(classes="visit_type")]
)
def test_parts_of_the_session_or_visit_types_make_it_better_beyond_chance(
    past: list[PastSession], settings: ReplaySettings
):
    """Than every rule: learnt from the earlier sessions alone."""
    outcome = replay(past, settings, BALANCED)
    check(outcome, past)
    assert all(outcome.comparison.difference(OPTIMISED, name).high < 0 for name in BASELINES)
    assert "is better than every baseline: " in verdict(outcome)[0]
