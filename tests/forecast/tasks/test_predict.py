"""``task=predict``, on appointments in the form of the public no-show data."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from forecast.data.public.kaggle import kaggle
from forecast.model_files import load_model, save_model
from forecast.network import Trainer
from forecast.no_show import NoShow
from forecast.no_show.models.gradient_boosting import GradientBoosting
from forecast.no_show.models.logistic_regression import LogisticRegression
from forecast.tasks.predict import predict
from objective import InvalidInput
from tests.forecast.no_show.clinic import clinic

MOMENT = "2026-04-08"
FLAGS = ("Scholarship", "Hipertension", "Diabetes", "Alcoholism", "Handcap", "SMS_received")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history as a file, and a model that learned from its first weeks."""
    folder = tmp_path_factory.mktemp("clinic")
    visits = clinic(per_day=20).history.visits
    zone = "%Y-%m-%dT%H:%M:%SZ"
    pd.DataFrame(
        {
            "PatientId": visits["patient_id"],
            "AppointmentID": visits["visit_id"],
            "Gender": visits["sex"],
            "ScheduledDay": visits["booked_at"].dt.strftime(zone),
            "AppointmentDay": visits["scheduled_at"].dt.normalize().dt.strftime(zone),
            "Age": visits["age"],
            "Neighbourhood": visits["area"],
            **dict.fromkeys(
                ("Scholarship", "Hipertension", "Diabetes", "Alcoholism", "Handcap"), 0
            ),
            "SMS_received": 0,
            "No-show": visits["status"].map({"no_show": "Yes", "completed": "No"}),
        }
    ).to_parquet(folder / "history.parquet")
    history = kaggle({"file": str(folder / "history.parquet")}, "stop", folder)
    quantity = NoShow(categorical=["area"])
    for name, model in (("lr", LogisticRegression()), ("gb", GradientBoosting(trees=20))):
        fitted = quantity.fit(model, history, pd.Timestamp("2026-04-01"), Trainer())
        save_model(folder / name, quantity, fitted, {})
    return folder


def settings(folder: Path, *overrides: str) -> dict[str, Any]:
    """Return the composed settings of a prediction from that history."""
    with initialize_config_module("conf.forecast", version_base="1.3"):
        chosen = compose(
            "config",
            ["data=kaggle", f"data.file={folder}/history.parquet", "task=predict", *overrides],
        )
    plain: Any = OmegaConf.to_container(chosen)
    return dict(plain)


@pytest.mark.parametrize("model", ["lr", "gb"])
def test_what_is_booked_is_forecast_in_parts_as_at_once(
    model: str, folder: Path, tmp_path: Path
) -> None:
    """Of a moment, those that were booked and still to come, 7 rows at a time."""
    given = settings(
        folder, f"task.model={folder}/{model}", f"task.moment={MOMENT}", "task.chunk=7"
    )
    predict(given, tmp_path)
    found = pd.read_parquet(tmp_path / "predictions.parquet")
    history = kaggle({"file": str(folder / "history.parquet")}, "stop", folder)
    known = history.known_at(pd.Timestamp(MOMENT))
    waiting = known.visits[known.visits["status"] == "booked"]
    fitted: Any = load_model(folder / model).fitted
    assert found["visit_id"].tolist() == waiting["visit_id"].tolist()
    assert np.allclose(found["no_show"], fitted.probabilities(waiting, known), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["cases.csv", "cases.parquet"])
def test_appointments_of_a_file_are_forecast(name: str, folder: Path, tmp_path: Path) -> None:
    """Also of patients and areas that the history does not have."""
    cases = pd.DataFrame(
        {
            "visit_id": ["007", "008"],
            "patient_id": ["p1", "nobody"],
            "booked_at": pd.to_datetime(["2026-04-01 08:00", "2026-04-10 08:00"]),
            "scheduled_at": pd.to_datetime(["2026-04-12 10:00", "2026-04-12 11:00"]),
            "area": ["north", "elsewhere"],
        }
    )
    if name.endswith("csv"):
        cases.to_csv(tmp_path / name, index=False)
    else:
        cases.to_parquet(tmp_path / name)
    given = settings(
        folder,
        f"task.model={folder}/lr",
        f"task.cases={tmp_path / name}",
        "task.file=predictions.csv",
    )
    predict(given, tmp_path)
    found = pd.read_csv(tmp_path / "predictions.csv", dtype={"visit_id": str})
    assert found["visit_id"].tolist() == ["007", "008"]
    assert found["no_show"].between(0, 1, inclusive="neither").all()


@pytest.mark.parametrize(
    ("override", "field"),
    [
        ("task.chunk=0", "task.chunk"),
        ("task.file=predictions.xlsx", "task.file"),
        ("task.file=/tmp/elsewhere.csv", "task.file"),
        ("task.moment=soon", "task.moment"),
        ("task.moment=2000-01-01", "task.cases"),
        ("task.cases=nowhere.csv", "file"),
        ("task.model=nowhere", "model"),
    ],
)
def test_what_cannot_be_predicted_is_refused(
    override: str, field: str, folder: Path, tmp_path: Path
) -> None:
    """The message names the setting."""
    with pytest.raises(InvalidInput) as caught:
        predict(settings(folder, f"task.model={folder}/lr", override), tmp_path)
    assert caught.value.field == field
