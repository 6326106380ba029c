"""``task=acceptance``: from a kept model of choices to what ``opt`` recommends and allocates."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast.data.history import History
from forecast.data.sources import SOURCES
from forecast.model_files import load_model, save_model
from forecast.network import Trainer
from forecast.preference.fitted import FittedPreference
from forecast.preference.multinomial_logit import MultinomialLogit
from forecast.preference.quantity import Preference
from forecast.quantity import Fitted
from forecast.tasks import TASKS
from objective import InvalidInput
from opt.allocate.__main__ import main as allocate
from opt.recommend.__main__ import main as recommend
from tests.command import TIME_LIMIT, command
from tests.forecast.preference.made_up_offers import made_up_offers

ROOT = Path(__file__).parents[3]
LATE = pd.Timestamp("2030-01-01")
MONDAY = "2026-03-02"


@pytest.fixture(scope="module")
def offers() -> pd.DataFrame:
    """Offers of which patients prefer mornings, few days ahead, and their usual provider."""
    return made_up_offers(3_000)


@pytest.fixture(scope="module")
def model(offers: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a multinomial logit that learned from them."""
    folder = tmp_path_factory.mktemp("model")
    quantity = Preference()
    fitted: Fitted = quantity.fit(MultinomialLogit(), History(offers=offers), LATE, Trainer())
    save_model(folder, quantity, fitted, {})
    return folder


@pytest.fixture
def settings(model: Path, offers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings of the command, with a history whose patients' usual providers are to be found."""
    past = offers.drop(columns="usual_provider")
    monkeypatch.setitem(SOURCES, "made_up", lambda *_: History(offers=past))
    task = {
        "name": "acceptance",
        "model": str(model),
        "file": None,
        "patient": None,
        "offered_at": f"{MONDAY}T07:00",
        "attributes": None,
        "offered": "alone",
        "times": {"am": ["09:00", "10:00"], "pm": ["15:00", "16:30"]},
    }
    return {"data": {"source": "made_up"}, "on_error": "stop", "task": task}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder with the result of a small session: an extra patient costs the same in each."""
    done = command(
        "session.patients=4", "session.intervals=8", "session.interval_length=60",
        "strategy=equispaced", "report=false", "hydra.run.dir=small", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return tmp_path


def in_a_process(arguments: list[str], module: str = "opt.allocate") -> int:
    """Run a command of ``opt`` in a process of its own; return its exit status."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, timeout=TIME_LIMIT
    ).returncode


def usual_of(offers: pd.DataFrame) -> tuple[str, str]:
    """Return a patient who took most seats with one provider, and the provider."""
    taken = offers[offers["chosen"]]
    table = pd.crosstab(taken["patient_id"], taken["provider"])
    lead = table.max(axis=1) - table.sum(axis=1) / 2
    patient = str(lead.idxmax())
    return patient, str(table.loc[patient].idxmax())


def test_a_patient_is_recommended_the_seat_that_is_likely_to_be_taken(
    settings: dict[str, Any], results: Path, offers: pd.DataFrame
):
    """With the same cost everywhere, the usual provider's session comes first, as forecast."""
    patient, usual = usual_of(offers)
    other = next(name for name in ("Dr A", "Dr B", "Dr C") if name != usual)
    session = {"result": "small/result.json", "starts": f"{MONDAY}T09:00"}
    request = {
        "importance": {"refusal": 100, "day": 0},
        "sessions": [
            {**session, "name": "other", "provider": other},
            {**session, "name": "usual", "provider": usual},
        ],
    }
    (results / "request.json").write_text(json.dumps(request))
    assert recommend(["--request", f"{results}/request.json", "--output", f"{results}/plain"]) == 0
    settings["task"].update(file=str(results / "request.json"), patient=patient)
    TASKS["acceptance"](settings, results / "out")
    written = results / "out" / "request.json"
    arguments = ["--request", str(written), "--output", f"{results}/ranked"]
    assert in_a_process(arguments, "opt.recommend") == 0
    before, after = (
        json.loads((results / name / "recommendation.json").read_text())["seats"]
        for name in ("plain", "ranked")
    )
    assert {seat["acceptance"] for seat in before} == {1.0}
    assert before[0]["session"] == "other"
    assert after[0]["session"] == "usual"
    told = {one["name"]: one["acceptance"] for one in json.loads(written.read_text())["sessions"]}
    for seat in after:
        assert seat["acceptance"] == told[seat["session"]][str(seat["interval"])]
        twin = next(
            one for one in before
            if (one["session"], one["interval"]) == (seat["session"], seat["interval"])
        )  # fmt: skip
        assert seat["score"] - twin["score"] == pytest.approx(100 * (1 - seat["acceptance"]))
    # The last seats of the day, from 15:00 on, are taken least readily.
    values = np.array([told["usual"][str(interval)] for interval in range(8)])
    assert values[:6].min() > values[6:].max()


def test_together_seats_are_less_readily_taken_than_alone(settings: dict[str, Any], results: Path):
    """All seats of an offer compete; what is booked and not open is not offered."""
    request = {
        "patient": {"no_show": 0.2},
        "sessions": [{
            "result": "small/result.json", "provider": "Dr A", "starts": f"{MONDAY}T09:00",
            "booked": [0, 0, 0, 0, 0, 0, 0, 0], "open": [1, 3],
        }],
    }  # fmt: skip
    (results / "request.json").write_text(json.dumps(request))
    found = {}
    for situation in ("alone", "together"):
        settings["task"].update(file=str(results / "request.json"), patient="P1", offered=situation)
        TASKS["acceptance"](settings, results / situation)
        written = json.loads((results / situation / "request.json").read_text())
        assert written["patient"] == {"no_show": 0.2}
        (session,) = written["sessions"]
        assert session["open"] == [1, 3]
        found[situation] = np.array([session["acceptance"]["1"], session["acceptance"]["3"]])
    assert (found["together"] < found["alone"]).all()
    odds = found["alone"] / (1 - found["alone"])
    np.testing.assert_allclose(found["together"], odds / (1 + odds.sum()))


PROBLEM: dict[str, Any] = {
    "days": [MONDAY, "2026-03-03"],
    "visit_types": [{"name": "visit", "minutes": 30}],
    "providers": [
        {"name": "Dr A", "visit_types": ["visit"], "minutes": 30},
        {"name": "Dr B", "visit_types": ["visit"], "minutes": 30},
        {"name": "Dr C", "visit_types": ["visit"], "minutes": 30},
    ],
    "requests": [],
}


@pytest.mark.slow
@pytest.mark.parametrize("as_table", [False, True])
def test_requests_are_allocated_to_half_days_that_they_accept(
    settings: dict[str, Any], offers: pd.DataFrame, tmp_path: Path, as_table: bool
):
    """As forecast, a patient comes to the usual provider; requests may be in a CSV file."""
    patient, usual = usual_of(offers)
    request = {
        "id": "one", "visit_type": "visit", "earliest": MONDAY, "latest": MONDAY,
        "patient": patient, "halves": ["am"],
    }  # fmt: skip
    problem = {**PROBLEM, "requests": "requests.csv" if as_table else [request]}
    # The usual provider is named last, so that without a forecast another comes first.
    problem["providers"] = sorted(problem["providers"], key=lambda one: one["name"] == usual)
    (tmp_path / "problem.json").write_text(json.dumps(problem))
    if as_table:
        with (tmp_path / "requests.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(request))
            writer.writeheader()
            writer.writerow({**request, "halves": "am"})
    settings["task"]["file"] = str(tmp_path / "problem.json")
    TASKS["acceptance"](settings, tmp_path / "out")
    places = {}
    for folder, run in ((tmp_path, allocate), (tmp_path / "out", in_a_process)):
        assert run([f"{folder}/problem.json", "--gap", "0", "--output", f"{folder}/plan"]) == 0
        contents = json.loads((folder / "plan" / "allocation.json").read_text())
        (places[folder],) = contents["assignments"]
    assert places[tmp_path]["provider"] != usual
    assert places[tmp_path]["acceptance"] == 1.0
    told = json.loads((tmp_path / "out" / "problem.json").read_text())["requests"][0]
    assert set(told["acceptance_on"]) == {"Dr A", "Dr B", "Dr C"}
    assert set(told["acceptance_on"][usual]) == {f"{MONDAY} am", f"{MONDAY} pm"}
    place = places[tmp_path / "out"]
    assert (place["provider"], place["half"]) == (usual, "am")
    assert place["acceptance"] == told["acceptance_on"][usual][f"{MONDAY} am"]
    mornings = {name: own[f"{MONDAY} am"] for name, own in told["acceptance_on"].items()}
    assert max(mornings, key=lambda name: mornings[name]) == usual
    table = pd.read_csv(tmp_path / "out" / "acceptance.csv")
    assert list(table) == ["request", "provider", "day", "half", "acceptance"]
    assert len(table) == 6


def test_the_acceptance_of_a_half_day_is_the_mean_over_its_seats(
    settings: dict[str, Any], tmp_path: Path, offers: pd.DataFrame, model: Path
):
    """By the model asked for each seat by itself."""
    request = {"id": "P3", "visit_type": "visit", "earliest": MONDAY, "latest": "2026-03-03"}
    (tmp_path / "problem.json").write_text(json.dumps({**PROBLEM, "requests": [request]}))
    settings["task"]["file"] = str(tmp_path / "problem.json")
    TASKS["acceptance"](settings, tmp_path)
    told = json.loads((tmp_path / "problem.json").read_text())["requests"][0]["acceptance_on"]
    fitted = load_model(model).fitted
    assert isinstance(fitted, FittedPreference)
    known = History(offers=offers.drop(columns="usual_provider"))
    for half, times in settings["task"]["times"].items():
        values = [
            fitted.acceptance(
                pd.DataFrame({
                    "offer_id": ["one"], "patient_id": ["P3"],
                    "offered_at": [pd.Timestamp(f"{MONDAY}T07:00")],
                    "seat_at": [pd.Timestamp(f"2026-03-03T{time}")], "provider": ["Dr B"],
                }),
                known,
            )[0]
            for time in times
        ]  # fmt: skip
        assert told["Dr B"][f"2026-03-03 {half}"] == pytest.approx(np.mean(values), abs=1e-6)


REQUEST = {
    "sessions": [{"result": "small/result.json", "provider": "A", "starts": "2026-03-02T09:00"}]
}
WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no patient": (REQUEST, {}, "task.patient is None"),
    "no sessions": ({"sessions": []}, {"patient": "P1"}, "sessions is []"),
    "no result": (
        {"sessions": [{**REQUEST["sessions"][0], "result": "none.json"}]}, {"patient": "P1"},
        "session.result is"),
    "no time": (
        {"sessions": [{"result": "a", "provider": "A"}]}, {"patient": "P1"},
        "sessions[0].starts is None"),
    "a zone": (
        {"sessions": [{**REQUEST["sessions"][0], "starts": "2026-03-02T09:00Z"}]},
        {"patient": "P1"}, "sessions[0].starts is '2026-03-02T09:00Z'"),
    "a seat in the past": (
        {"sessions": [{**REQUEST["sessions"][0], "starts": "2026-02-02T09:00"}]},
        {"patient": "P1"}, "not before offered_at"),
    "an interval too far": (
        {"sessions": [{**REQUEST["sessions"][0], "open": [8]}]}, {"patient": "P1"},
        "a whole number from 0 to 7"),
    "days in the past": ({**PROBLEM, "days": ["2026-02-02"]}, {}, "not before the offer"),
    "an allocation together": (PROBLEM, {"offered": "together"}, "task.offered is 'together'"),
    "in a queue": (REQUEST, {"patient": "P1", "offered": "queue"}, "alone or together"),
    "no times": (PROBLEM, {"times": {"am": [], "pm": ["15:00"]}}, "task.times.am is []"),
    "a time of no day": (
        PROBLEM, {"times": {"am": ["25:00"], "pm": ["15:00"]}}, "from 0 to 23"),
    "requests in passing": ({**PROBLEM, "requests": {}}, {}, "requests is {}"),
    "a window without an end": (
        {**PROBLEM, "requests": [{"id": "a", "visit_type": "visit", "earliest": MONDAY}]}, {},
        "requests[0].latest is None"),
    "a missing file of requests": ({**PROBLEM, "requests": "no.csv"}, {}, "requests is"),
    "a moment in words": (REQUEST, {"offered_at": "soon"}, "task.offered_at is 'soon'"),
    "a file of no model": (REQUEST, {"model": "nowhere"}, "model is"),
    "an unknown setting": (REQUEST, {"price": 1}, "task.price"),
}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a result as ``opt`` writes it, cut to what is read of it."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "small").mkdir()
    result = {"session": {"interval_length": 60.0}, "schedule": [1, 0, 1, 0, 1, 0, 1, 0]}
    (folder / "small" / "result.json").write_text(json.dumps(result))
    return folder


@pytest.mark.parametrize("name", list(WRONG))
def test_what_cannot_be_used_is_refused_by_its_place(
    settings: dict[str, Any], small: Path, tmp_path: Path, name: str
):
    """Before anything is written."""
    contents, changes, message = WRONG[name]
    (small / "file.json").write_text(json.dumps(contents))
    settings["task"].update({"file": str(small / "file.json"), **changes})
    with pytest.raises(InvalidInput) as refused:
        TASKS["acceptance"](settings, tmp_path / "out")
    assert message in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_attributes_of_patients_come_from_their_file(
    offers: pd.DataFrame, small: Path, settings: dict[str, Any], tmp_path: Path
):
    """A model that looks at them needs the file; a patient who is not in it counts as average."""
    random = np.random.default_rng(0)
    age = pd.Series(random.normal(50, 10, 400), [f"P{number}" for number in range(400)])
    rich = offers.assign(age=offers["patient_id"].map(age))
    quantity = Preference(columns=("age",))
    fitted = quantity.fit(MultinomialLogit(), History(offers=rich), LATE, Trainer())
    save_model(tmp_path / "rich", quantity, fitted, {})
    (small / "file.json").write_text(json.dumps(REQUEST))
    settings["task"].update(
        file=str(small / "file.json"), model=str(tmp_path / "rich"), patient="P1"
    )
    with pytest.raises(InvalidInput, match=r"task\.attributes is None.*age"):
        TASKS["acceptance"](settings, tmp_path / "out")
    pd.DataFrame({"patient_id": ["P1", "P2"], "age": [20, 80]}).to_csv(tmp_path / "ages.csv")
    settings["task"]["attributes"] = str(tmp_path / "ages.csv")
    found = {}
    for patient in ("P1", "P2", "a stranger"):
        settings["task"]["patient"] = patient
        TASKS["acceptance"](settings, tmp_path / "out")
        written = json.loads((tmp_path / "out" / "request.json").read_text())
        found[patient] = written["sessions"][0]["acceptance"]["0"]
    assert len(set(found.values())) == 3
    pd.DataFrame({"patient_id": ["P1", "P1"], "age": [20, 80]}).to_csv(tmp_path / "ages.csv")
    with pytest.raises(InvalidInput, match="named once"):
        TASKS["acceptance"](settings, tmp_path / "out")


def test_a_problem_without_requests_stays_as_it_is(settings: dict[str, Any], tmp_path: Path):
    """Nobody asks, and that is said."""
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM))
    settings["task"]["file"] = str(tmp_path / "problem.json")
    TASKS["acceptance"](settings, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "problem.json").read_text()) == PROBLEM
