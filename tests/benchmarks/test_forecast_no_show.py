"""Speed of no-show forecasts: learning, and a million appointments at once."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from sklearn.ensemble import HistGradientBoostingClassifier

from forecast.model_files import save_model
from forecast.network import Trainer
from forecast.no_show import NoShow
from forecast.no_show.models.average import Average
from forecast.no_show.visits import missed
from tests.benchmarks.measure import note
from tests.forecast.no_show.clinic import Clinic, clinic

pytestmark = pytest.mark.benchmark

#: As `python -m forecast task=predict` does, in a process of its own whose memory is measured.
PREDICT = """
import json, sys, time
from pathlib import Path
from forecast.data.chunks import TableWriter, read_chunks
from forecast.data.history import History
from forecast.data.tables import VISITS
from forecast.model_files import load_model
import pandas as pd
folder = Path(sys.argv[1])
began = time.process_time()
fitted = load_model(folder / "model").fitted
predicted = fitted.predictor(History(visits=pd.read_parquet(folder / "history.parquet")))
with TableWriter(folder / "predictions.parquet") as writer:
    for part in read_chunks(folder / "cases.parquet", VISITS, 100_000):
        writer.write(predicted(part))
seconds = time.process_time() - began
peak = 1024 * int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
print(json.dumps({"rows": writer.rows, "seconds": seconds, "bytes": peak}))
"""


@pytest.fixture(scope="module")
def large_clinic() -> Clinic:
    """75,278 appointments, as many as the public no-show data have to learn from, and 8 days."""
    return clinic(days=27, per_day=3_962)


def test_learning(benchmark: BenchmarkFixture, large_clinic: Clinic) -> None:
    """All models with their defaults, beside scikit-learn's boosted trees alone; in 3 minutes."""
    quantity, until = NoShow(numeric=["distance"]), large_clinic.split.train_until
    history = large_clinic.history
    visits = history.known_at(until).visits
    visits = visits[visits["scheduled_at"] < until]
    table = quantity.features(visits, quantity.past(visits)).numbers
    columns, outcomes = np.column_stack(list(table.values())), missed(visits)
    began = time.process_time()
    HistGradientBoostingClassifier(random_state=0).fit(columns, outcomes)
    theirs = time.process_time() - began

    def ours() -> dict[str, float]:
        seconds = {}
        for name, model in quantity.models.items():
            began = time.process_time()
            quantity.fit(model(), history, until, Trainer())
            seconds[name] = time.process_time() - began
        return seconds

    seconds = benchmark.pedantic(ours, rounds=1)
    total = sum(seconds.values())
    note(benchmark, "scikit-learn's boosted trees alone", theirs / total, target=None)
    benchmark.extra_info.update(
        rows=len(visits), processor_seconds=total, allowed_processor_seconds=180.0, **seconds
    )
    assert total < 180


def test_a_million_appointments(
    benchmark: BenchmarkFixture, large_clinic: Clinic, tmp_path: Path
) -> None:
    """The average of three models, beside asking one appointment at a time; 60 s and 2 GiB."""
    quantity, until = NoShow(numeric=["distance"]), large_clinic.split.train_until
    fitted = quantity.fit(Average(), large_clinic.history, until, Trainer())
    save_model(tmp_path / "model", quantity, fitted, {})
    known = large_clinic.history.known_at(large_clinic.split.until)
    known.visits.to_parquet(tmp_path / "history.parquet")
    generator = np.random.default_rng(0)
    drawn = generator.integers(0, len(known.visits), 1_000_000)
    cases = known.visits.iloc[drawn].reset_index(drop=True).drop(columns="status")
    cases["visit_id"] = [f"n{row}" for row in range(len(cases))]
    cases["scheduled_at"] += pd.Timedelta(days=40)
    cases.to_parquet(tmp_path / "cases.parquet")
    nightly = fitted.as_of(known)
    nightly.probabilities(cases.iloc[:1])
    began = time.process_time()
    for row in range(200):
        nightly.probabilities(cases.iloc[[row]])
    one_by_one = (time.process_time() - began) / 200 * len(cases)

    def ours() -> dict[str, Any]:
        command = [sys.executable, "-c", PREDICT, str(tmp_path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return dict(json.loads(done.stdout))

    found = benchmark.pedantic(ours, rounds=1)
    note(benchmark, "one appointment at a time", one_by_one / found["seconds"], target=10)
    benchmark.extra_info.update(
        processor_seconds=found["seconds"],
        allowed_processor_seconds=60.0,
        peak_gibibytes=found["bytes"] / 2**30,
        allowed_gibibytes=2.0,
    )
    assert found["rows"] == 1_000_000
    assert found["seconds"] < 60
    assert found["bytes"] < 2 * 2**30
