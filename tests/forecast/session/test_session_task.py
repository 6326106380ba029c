"""``task=session``: files that ``python -m opt`` takes as they are, and a report."""

import json
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from omegaconf import OmegaConf

from forecast.data.history import History
from forecast.data.sources import SOURCES
from forecast.model_files import save_model
from forecast.network import Trainer
from forecast.preference.popularity import Popularity
from forecast.preference.quantity import Preference
from forecast.session.files import session_text
from forecast.session.request import SessionRequest, WalkInOptions
from forecast.tasks import TASKS
from forecast.tasks.session import write_session
from objective import ClinicSession, InvalidInput, ServiceTime, WalkIns
from tests.command import TIME_LIMIT, command
from tests.forecast.preference.made_up_offers import made_up_offers
from tests.forecast.session.made_up_visits import FIRST, made_up_history

ROOT = Path(__file__).parents[3]
MONDAY = FIRST + pd.Timedelta(weeks=12)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings of the command, as they are composed, with a history that was made up."""
    monkeypatch.setitem(SOURCES, "made_up", lambda *_: made_up_history(12))
    task = OmegaConf.load(ROOT / "conf" / "forecast" / "task" / "session.yaml")
    task.merge_with({
        "provider": "Dr A", "date": f"{MONDAY:%Y-%m-%d}", "intervals": 12, "patients": 8,
        "interval_length": 15.0, "start": "09:00",
    })  # fmt: skip
    plain: Any = OmegaConf.to_container(task)
    tracking: dict[str, Any] = {"uri": None}
    return {"data": {"source": "made_up"}, "on_error": "stop", "task": plain, "tracking": tracking}


@pytest.mark.slow
def test_opt_optimises_the_sessions_as_they_are_and_shows_how_the_schedule_moves(
    settings: dict[str, Any], tmp_path: Path
):
    """The session that is returned is the one that is optimised; one job per quantile."""
    session = write_session(settings, tmp_path)
    name = f"dr_a_{MONDAY:%Y_%m_%d}"
    files = sorted((tmp_path / "configuration" / "session").glob("*.yaml"))
    assert len(files) == 10
    arguments = [
        "--config-dir", str(tmp_path / "configuration"), "--multirun", f"session=glob({name}*)",
        "report=false", f"hydra.sweep.dir={tmp_path}/runs",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "opt", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=TIME_LIMIT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = {}
    for folder in (tmp_path / "runs").glob("[0-9]*"):
        overrides = OmegaConf.load(folder / ".hydra" / "overrides.yaml")
        (chosen,) = (str(one) for one in overrides if str(one).startswith("session="))
        result = json.loads((folder / "result.json").read_text())
        results[chosen.removeprefix("session=")] = result
    assert set(results) == {path.stem for path in files}
    assert ClinicSession.from_dict(results[name]["session"]) == session
    told = json.loads((tmp_path / "session.json").read_text())
    assert ClinicSession.from_dict(told["session"]) == session
    for one in told["inputs"]:
        if one["input"] == "no_show":
            for level, value in one["quantiles"].items():
                result = results[f"{name}_no_show_{100 * float(level):g}"]
                assert result["session"]["no_show"] == value
    assert all(result["status"] == "optimal" for result in results.values())
    short, long = (results[f"{name}_consultation_{level}"] for level in (10, 90))
    assert short["schedule"] != long["schedule"]
    assert short["waiting"] < long["waiting"]
    assert short["tardiness"] < long["tardiness"]
    assert f"How far the schedule moves from that of session={name}" in done.stdout
    assert "cost of not moving" in done.stdout


def test_the_report_says_what_is_forecast_how_sure_it_is_and_how_to_go_on(
    settings: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """As a page with tables, as JSON, and on the terminal."""
    TASKS["session"](settings, tmp_path)
    page = (tmp_path / "report.html").read_text()
    printed = capsys.readouterr().out
    told = json.loads((tmp_path / "session.json").read_text())
    for one in told["inputs"]:
        assert set(one["quantiles"]) == {"0.1", "0.5", "0.9"}
        # A page writes an apostrophe in its own way.
        assert one["uncertainty"].split("'")[0] in page
    for text in (
        "What is forecast, and how sure is it?", "How long do consultations take?",
        "When do patients walk in?", "The same numbers as a table", "--multirun",
    ):  # fmt: skip
        assert text in page
    assert "8 patients in 12 intervals" in page
    assert "8 patients in 12 intervals" in " ".join(printed.split())
    assert f"--config-dir {tmp_path / 'configuration'}" in printed


def test_every_law_and_way_of_walking_in_survives_the_file(tmp_path: Path):
    """What opt composes from the file is the session that was written."""
    walk_ins = [
        None,
        WalkIns(ServiceTime.gamma(8.0, 0.5), rate=[0.1, 0.0, 0.2, 1e-7], discipline="priority"),
        WalkIns(ServiceTime.exponential(8.0), counts=[0.9, 0.1]),
    ]
    laws = [
        ServiceTime.lognormal(9.0, 0.4), ServiceTime.histogram([0, 5, 10], [1, 2]),
        ServiceTime.empirical([5.0, 9.0, 20.0]), ServiceTime.pmf([0.0, 0.5, 0.5], 5.0),
    ]  # fmt: skip
    folder = tmp_path / "session"
    folder.mkdir()
    for number, (law, coming) in enumerate(zip(laws, [*walk_ins, None], strict=True)):
        session = ClinicSession(3, 4, 10.0, law, 0.1, coming)
        text = session_text(session, "13:30", ["Dr\nA's session: {}"])
        (folder / f"one_{number}.yaml").write_text(text)
        done = command(
            "--config-dir", ".", f"session=one_{number}", "strategy=equispaced", "report=false",
            f"hydra.run.dir=run_{number}", cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        result = json.loads((tmp_path / f"run_{number}" / "result.json").read_text())
        assert ClinicSession.from_dict(result["session"]) == session
        assert "13:30" in done.stdout


def test_a_model_of_another_quantity_is_refused(settings: dict[str, Any], tmp_path: Path):
    """And so is a folder without a model, and a model of a quantity that is not asked for."""
    quantity = Preference()
    history = History(offers=made_up_offers(50))
    fitted = quantity.fit(Popularity(), history, pd.Timestamp("2030-01-01"), Trainer())
    save_model(tmp_path / "kept", quantity, fitted, {})
    for models, message in (
        ({"no_show": str(tmp_path / "kept")}, r"task\.models\.no_show is 'preference'"),
        ({"demand": str(tmp_path / "nowhere")}, "model is"),
        ({"price": None}, r"task\.models\.price"),
    ):
        settings["task"]["models"] = models
        with pytest.raises(InvalidInput, match=message):
            TASKS["session"](settings, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_the_defaults_of_the_configuration_are_those_of_the_request():
    """Every option is listed, with the value that it has without a word."""
    task: Any = OmegaConf.to_container(
        OmegaConf.load(ROOT / "conf" / "forecast" / "task" / "session.yaml")
    )
    assert set(task) == {"name", "models", *(field.name for field in fields(SessionRequest))}
    for field in fields(SessionRequest):
        if field.name == "walk_ins":
            assert WalkInOptions(**task["walk_ins"]) == WalkInOptions()
        elif field.default is MISSING:
            assert task[field.name] == "???"
        else:
            default = field.default
            assert task[field.name] == (list(default) if isinstance(default, tuple) else default)
