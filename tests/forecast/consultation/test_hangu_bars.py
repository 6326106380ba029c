"""Consultation times of a real clinic: what one pipeline must reach, and what it is worth."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from forecast.data.public.hangu import FILE, hangu
from forecast.model_files import load_model


def run(module: str, *arguments: str) -> str:
    """Return what a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_measured_baselines_are_reached(clinic_data, tmp_path, monkeypatch):
    """All at once by one model: 2,106 consultations after the first 70 per cent of the sessions.

    A score far below what was ever reached would be a leak.
    """
    monkeypatch.setenv("BAILEY_DATA", str(clinic_data))
    run("forecast", "data=hangu", "model=consultation_hangu", "trainer.progress=false",
        f"hydra.run.dir={tmp_path}")  # fmt: skip
    scores = pd.read_csv(tmp_path / "scores.csv", index_col="model")
    average = scores.loc["average"]
    assert 3.0 < average["CRPS, minutes"] <= 3.12
    assert 2.95 < average["log score"] <= 3.046
    assert 0.77 <= average["coverage 80 %"] <= 0.83
    assert 0.93 <= average["coverage 95 %"] <= 0.97
    assert scores.loc["exponential", "CRPS, minutes"] > 1.25 * average["CRPS, minutes"]
    assert scores.loc["lognormal", "CRPS, minutes"] < 3.26
    # What is handed on of all of them together has their mean and spread.
    history = hangu({"file": str(clinic_data / FILE)}, "stop", tmp_path)
    table = history.consultations
    cases = table[table["started_at"] >= "2019-06-08T14:00"]
    measured = cases["minutes"]
    for name in ("lognormal_regression", "gradient_boosting", "mixture_network", "average"):
        fitted = load_model(tmp_path / "models" / name).fitted
        law = fitted.forecast(cases, history).mixture()
        assert law.mean == pytest.approx(measured.mean(), rel=0.06)
        assert law.cv == pytest.approx(measured.std() / measured.mean(), abs=0.05)


@pytest.mark.slow
def test_individual_forecasts_are_worth_something_on_sessions_that_took_place(
    clinic_data, tmp_path, monkeypatch
):
    """On 49 sessions: all files are accepted, and knowing the patients does not cost more.

    Published for the same data, another split: 15 % below first come, 4.7 % below classes.
    """
    monkeypatch.setenv("BAILEY_DATA", str(clinic_data))
    run("forecast", "data=hangu", "model=consultation_hangu", "task=past_sessions",
        "task.candidate=gradient_boosting", "trainer.progress=false",
        f"hydra.run.dir={tmp_path}", "data.split.until=2019-09-01")  # fmt: skip
    sessions = json.loads((tmp_path / "sessions.json").read_text())["sessions"]
    assert len(sessions) == 49
    run("opt", "+experiment=forecast_value", f"forecast_value.file={tmp_path / 'sessions.json'}",
        f"hydra.run.dir={tmp_path / 'value'}", "report=false")  # fmt: skip
    value = json.loads((tmp_path / "value" / "forecast_value.json").read_text())
    assert value["sessions"] == len(sessions)
    saved = {
        (one["with"], one["instead_of"]): one["saved"] for one in value["value_of_information"]
    }
    assert saved[("individual_forecast", "clinic_averages")]["high"] > 0
    assert saved[("individual_forecast", "individual_rule")]["high"] > 0
    assert ("class_forecast", "individual_rule") in saved
    assert ("individual_forecast", "equispaced_rule") in saved
