"""Speed of checking a clinic's history, of knowing what was known, and of making one up."""

import numpy as np
import pandas as pd
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from forecast.data.history import History
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.generate import generate
from forecast.data.tables import STATUSES, VISITS
from forecast.data.validation import check_table
from tests.benchmarks.measure import median_seconds, note

pytestmark = pytest.mark.benchmark

CLINIC = SyntheticClinic(weeks=60, providers=115)
ROWS = 1_000_000
SAMPLE = 5_000


@pytest.fixture(scope="module")
def history() -> History:
    """A history of more than a million visits."""
    return generate(CLINIC).history


def row_by_row(frame: pd.DataFrame) -> int:
    """Check some of what `check_table` checks, a row at a time; return how many are wrong."""
    wrong, seen = 0, set()
    for row in frame.itertuples():
        booked, scheduled = pd.Timestamp(row.booked_at), pd.Timestamp(row.scheduled_at)
        started, ended = pd.Timestamp(row.started_at), pd.Timestamp(row.ended_at)
        bad = booked > scheduled or ended < started or row.status not in STATUSES
        wrong += bad or row.visit_id in seen
        seen.add(row.visit_id)
    return wrong


@pytest.mark.parametrize("text", [False, True], ids=["typed", "text"])
def test_checking_a_million_visits(benchmark: BenchmarkFixture, history: History, text: bool):
    """Beside a part of the checks row by row; typed as in Parquet, and text as in CSV files."""
    frame = history.visits[:ROWS]
    if text:
        frame = frame.astype(str).replace({"NaT": ""})
    baseline = median_seconds(lambda: row_by_row(frame[:SAMPLE]), 3) * ROWS / SAMPLE
    checked = benchmark.pedantic(check_table, (frame, VISITS), rounds=3, warmup_rounds=1)
    assert len(checked.frame) == ROWS
    assert checked.problems.empty
    median = float(benchmark.stats.stats.median)
    note(benchmark, "some of the checks row by row", baseline / median, target=None)
    assert median < 30


def test_what_was_known_of_a_million_visits(benchmark: BenchmarkFixture, history: History):
    """As of noon in the middle, beside copying the same rows."""
    visits = History(visits=history.visits[:ROWS])
    moment = CLINIC.first + (CLINIC.until - CLINIC.first) / 2 + pd.Timedelta(hours=12)
    mask = (visits.visits["booked_at"] < moment).to_numpy()
    baseline = median_seconds(lambda: visits.visits[mask].copy())
    known = benchmark.pedantic(visits.known_at, (moment,), rounds=5, warmup_rounds=1)
    assert 0 < len(known.visits) < ROWS
    median = float(benchmark.stats.stats.median)
    note(benchmark, "a copy of the rows", baseline / median, target=None)


def test_making_a_million_visits_up(benchmark: BenchmarkFixture):
    """Beside drawing as many rows of numbers as the tables have."""
    generator = np.random.default_rng(0)
    baseline = median_seconds(lambda: pd.DataFrame(generator.random((ROWS, 16))), 3)
    made = benchmark.pedantic(generate, (CLINIC,), rounds=2)
    assert len(made.history.visits) > ROWS
    median = float(benchmark.stats.stats.median)
    benchmark.extra_info["visits_per_second"] = len(made.history.visits) / median
    note(benchmark, "a table of random numbers", baseline / median, target=None)
