"""Forecasts of measured consultation times (Feng et al. 2023, Data 8(3):47), and their worth.

The forecaster here is the simplest that knows a patient: a ridge regression of the logarithm of the
time, learnt from the first 266 sessions, on the visit type and the patient's own past times.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from objective import Weights
from opt.forecast_value.session_files import read_session_files
from opt.forecast_value.settings import ForecastValueSettings
from opt.forecast_value.value import CLINIC, INDIVIDUAL, forecast_value
from opt.forecast_value.words import saved, verdict
from opt.replay.valuation import Valuation

LEARNT = 266
#: Weight of the prior that a patient is like all others, in past visits; penalty of the ridge.
PRIOR, RIDGE = 2.0, 5.0


def lognormal(location: float, sigma: float) -> dict[str, Any]:
    """Return a forecast of a patient who comes."""
    mean, cv = np.exp(location + sigma**2 / 2), np.sqrt(np.expm1(sigma**2))
    law = {"law": "lognormal", "mean": float(mean), "cv": float(cv)}
    return {"no_show": 0.0, "service_time": law}


def features(table: pd.DataFrame, typical: dict[str, float]) -> np.ndarray:
    """Return what is known before each visit, (visits, features)."""
    residual = table["log"] - table["kind"].map(typical)
    by_patient = residual.groupby(table["ID"])
    # Times of the same session are not known before it, but nobody comes twice to one.
    number, total = by_patient.cumcount(), by_patient.cumsum() - residual
    return np.column_stack(
        [
            np.ones(len(table)),
            table["kind"] == "new",
            total / (number + PRIOR),
            np.log1p(table["Visit.No"]),
            table["M.Cancer"],
            table["Gender"] == "F",
        ]
    ).astype(np.float64)


def session_file(folder: Path, path: Path) -> None:
    """Write the held-out sessions with their forecasts, all learnt from the earlier ones."""
    table = pd.read_parquet(folder / "hangu_consultation_service_time_2018_2019.parquet")
    assert not table.duplicated(["ID", "Session"]).any()
    table["log"] = np.log(table["ServTime"] / 60)
    table["kind"] = np.where(table["Visit.No"] == 1, "new", "return")
    earlier = (table["Session"] <= LEARNT).to_numpy()
    logs = table["log"].to_numpy()
    typical = table[earlier].groupby("kind")["log"].mean().to_dict()
    known = features(table, typical)
    penalty = RIDGE * np.diag([0.0] + [1.0] * (known.shape[1] - 1))
    fitted = np.linalg.solve(
        known[earlier].T @ known[earlier] + penalty, known[earlier].T @ logs[earlier]
    )
    sigma = float((logs - known @ fitted)[earlier].std())
    table["location"] = known @ fitted
    spread = table[earlier].groupby("kind")["log"].std()
    clinic = lognormal(logs[earlier].mean(), logs[earlier].std())
    classes = {kind: lognormal(typical[kind], spread[kind]) for kind in typical}
    sessions = [
        {
            "session": str(number), "date": int(number), "clinic": clinic, "classes": classes,
            "patients": [
                {"class": kind, **lognormal(location, sigma), "came": True, "minutes": took / 60}
                for kind, location, took in zip(
                    rows["kind"], rows["location"], rows["ServTime"].tolist(), strict=True
                )
            ],
        }
        for number, rows in table[~earlier].groupby("Session")
    ]  # fmt: skip
    path.write_text(json.dumps({"version": 1, "sessions": sessions}))


@pytest.mark.slow
def test_each_patient_s_own_past_is_worth_more_than_the_clinic_s_averages(tmp_path: Path):
    """On 115 sessions held out, beyond chance; and one patient per mean consultation costs more."""
    folder = os.environ.get("BAILEY_DATA")
    if folder is None:
        if os.environ.get("CI"):
            pytest.fail("BAILEY_DATA is not set")
        pytest.skip("needs BAILEY_DATA, a folder with measured consultation times as Parquet")
    session_file(Path(folder), tmp_path / "sessions.json")
    sessions = read_session_files(tmp_path / "sessions.json")
    assert len(sessions) == 115
    outcome = forecast_value(sessions, ForecastValueSettings(), Valuation(Weights(1.0, 0.5, 1.0)))
    assert 0.08 < outcome.quality[INDIVIDUAL].explained < 0.25
    over_clinic, _ = saved(outcome, INDIVIDUAL, CLINIC)
    over_rule, _ = saved(outcome, INDIVIDUAL, "individual_rule")
    assert over_clinic.low > 0, verdict(outcome)
    assert over_rule.low > 0, verdict(outcome)
