"""POST /api/v1/schedules and what surrounds it."""

import copy
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from typing import Any

import jsonschema
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from objective import Objective
from opt.result import objective_from_dict
from serve import create_app
from serve.database import db
from serve.migrations import migrate
from serve.settings import Settings
from tests.serve.conftest import KEY, make_clinic, token_for

REQUEST: dict[str, Any] = {
    "session": {
        "patients": 6,
        "intervals": 10,
        "interval_length": 5,
        "service_time": {"law": "exponential", "mean": 9},
        "no_show": 0.1,
    },
    "weights": {"waiting": 0.4, "idle": 0.2, "tardiness": 0.4},
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> APIFlask:
    """The application, on a database of its own."""
    made = create_app(Settings(home=str(tmp_path_factory.mktemp("home")), secret_key=KEY))
    with made.app_context():
        migrate(db.engine)
    return made


@pytest.fixture(scope="module")
def token(app: APIFlask) -> str:
    """The token of an analyst."""
    with app.app_context():
        return token_for(make_clinic().users["analyst"])


@pytest.fixture
def client(app: APIFlask, token: str) -> FlaskClient:
    """An analyst's client of the application."""
    made = app.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return made


def post(client: FlaskClient, **changes: Any) -> Any:
    """Post the request with dotted changes."""
    body = copy.deepcopy(REQUEST)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = body
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return client.post("/api/v1/schedules", json=body)


def test_a_session_is_optimised_with_proof(client: FlaskClient):
    """The schedule, its performance, its bound and its certificate."""
    answer = post(client)
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["status"] == "optimal"
    assert body["gap"] < 1e-8
    (schedule,), (performance,) = body["schedules"], body["performance"]
    objective: Objective = objective_from_dict(REQUEST)
    assert performance["cost"] == pytest.approx(float(objective(schedule).cost))
    assert body["certificate"]["lower_bound"] == body["lower_bound"]


def test_schedules_are_priced(client: FlaskClient):
    """In the order they were sent, without a search."""
    sent = [[6, *[0] * 9], [1, 0, 1, 0, 1, 1, 0, 1, 0, 1]]
    body = post(client, schedules=sent).get_json()
    assert body["schedules"] == sent
    costs = [row["cost"] for row in body["performance"]]
    objective: Objective = objective_from_dict(REQUEST)
    assert costs == pytest.approx(objective(sent).cost.tolist())
    assert body["status"] is None


def test_strategy_penalties_walk_ins_and_limits_are_taken(client: FlaskClient):
    """Names and numbers reach the search."""
    body = post(
        client,
        strategy={
            "name": "genetic",
            "parameters": {
                "population": 20,
                "generations": 3,
                "mutation_probability": {"first": 0.5, "last": 0.1, "shape": "geometric"},
            },
        },
        stopping={"seconds": 5},
        seed=3,
        penalties={"waiting": {"penalty": "excess", "threshold": 10}},
        session__service_time={"law": "gamma", "mean": 9, "cv": 0.8},
        session__walk_ins={"rate": 0.1, "service_time": {"law": "poisson", "mean": 4}},
    ).get_json()
    assert body["status"] == "heuristic"
    assert 20 < body["evaluations"] <= 20 + 2 * 15


def test_what_a_real_clinic_asks_for_is_taken(client: FlaskClient):
    """Constraints, types of patients, interruptions, priority walk-ins, a free number."""
    types = {
        "new": {"service_time": {"law": "gamma", "mean": 15, "cv": 0.6}, "waiting_weight": 2},
        "return": {"no_show": 0.2},
    }
    body = post(
        client,
        session__patient_types=types,
        session__order=["new", "return", "return", "new", "return", "return"],
        session__interruptions=[
            {"interval": 0, "work": {"law": "gamma", "mean": 5, "cv": 1.0}, "probability": 0.3}
        ],
        constraints={"capacity": 1, "fixed": {"1": 0}, "maximum_gap": 3},
    ).get_json()
    assert body["status"] == "optimal"
    assert body["order"] == ["new", "return", "return", "new", "return", "return"]
    (schedule,) = body["schedules"]
    assert schedule[0] == 1 == max(schedule)
    body = post(
        client,
        session__patient_types=types,
        session__order=["new", "return", "return", "new", "return", "return"],
        strategy={"name": "order_search", "parameters": {"starts": 1}},
    ).get_json()
    assert body["status"] == "optimal in its order"
    assert sorted(body["order"]) == ["new"] * 2 + ["return"] * 4

    rounded = {"law": "rounded", "of": {"law": "exponential", "mean": 9}, "step": 1}
    body = post(
        client,
        session__service_time=rounded,
        session__walk_ins={"rate": 0.1, "service_time": rounded, "discipline": "priority"},
        constraints={"blocked": [4, 5], "minimum": {"2": 1}},
        value_per_patient=8.0,
    ).get_json()
    assert body["status"] == "optimal"
    (schedule,), (performance,) = body["schedules"], body["performance"]
    assert schedule[4] == schedule[5] == 0 < schedule[2]
    assert performance["seen"] == pytest.approx(0.9 * sum(schedule))


def test_priced_schedules_are_told_apart_by_the_constraints(client: FlaskClient):
    """They are priced whether they meet them or not."""
    sent = [[6, *[0] * 9], [0, 2, 0, 2, 0, 2, 0, 0, 0, 0]]
    body = post(client, schedules=sent, constraints={"blocked": [0]}).get_json()
    assert body["meets_constraints"] == [False, True]
    assert len(body["performance"]) == 2


def test_a_huge_session_is_refused_before_any_work(client: FlaskClient):
    """Hours of consultations in a hundred intervals; the answer comes at once."""
    began = time.perf_counter()
    answer = post(
        client,
        session__patients=100,
        session__service_time={"law": "exponential", "mean": 1400},
        session__walk_ins={"rate": 20, "service_time": {"law": "exponential", "mean": 1400}},
    )
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "session"
    assert time.perf_counter() - began < 5


BAD = {
    "constraints that clash": (
        {"constraints": {"blocked": [1], "minimum": {"1": 1}}}, "constraints"),
    "a break beyond the session": ({"constraints": {"blocked": [10]}}, "constraints.blocked"),
    "an unknown constraint": ({"constraints": {"lunch": 1}}, "constraints.lunch"),
    "a patient who has no number": (
        {"constraints": {"fixed": {"first": 1}}}, "constraints.fixed.first"),
    "an unknown patient type": (
        {"session__patient_types": {"new": {}}, "session__order": ["old"] * 6}, "session.order"),
    "an order without types": ({"session__order": ["new"] * 6}, "session"),
    "makespan idle time with interruptions": (
        {"idle_definition": "makespan", "session__interruptions": [
            {"interval": 1, "work": {"law": "deterministic", "minutes": 5}}]}, "idle"),
    "a value that is text": ({"value_per_patient": "dear"}, "value_per_patient"),
    "no patients": ({"session__patients": 0}, "session.patients"),
    "part of a patient": ({"session__patients": 2.5}, "session.patients"),
    "patients as text": ({"session__patients": "6"}, "session.patients"),
    "a file of the service": (
        {"strategy": {"name": "atlas", "parameters": {"path": "/etc"}}}, "strategy.parameters"),
    "far too many patients": ({"session__patients": 100_000}, "session.patients"),
    "no weights": ({"weights": {"waiting": 0, "idle": 0, "tardiness": 0}}, "weights"),
    "an unknown field": ({"doctor": "strange"}, "doctor"),
    "an unknown law": ({"session__service_time": {"law": "cauchy"}}, "session.service_time.law"),
    "a law without its parameter": (
        {"session__service_time": {"law": "gamma", "mean": 9}}, "service_time"),
    "a pmf that does not sum": (
        {"session__service_time": {"law": "pmf", "probabilities": [0.2, 0.2], "step": 1}},
        "service_time.probabilities"),
    "a law with an endless tail": (
        {"session__service_time": {"law": "lognormal", "mean": 900, "cv": 5}},
        "service_time"),
    "a session that is too large": (
        {"session__service_time": {"law": "lognormal", "mean": 60, "cv": 1},
         "session__patients": 100}, "session"),
    "a target to instantiate": ({"strategy": {"_target_": "os.system"}}, "strategy._target_"),
    "a solver that does not look at the clock": (
        {"strategy": {"name": "stochastic_program"}}, "strategy.name"),
    "an interpolation": ({"strategy": {"name": "${oc.env:HOME}"}}, "strategy.name"),
    "an override": (
        {"strategy": {"name": "exact", "parameters": {"hydra.run.dir": "x"}}},
        "strategy.hydra.run.dir"),
    "an unknown option": (
        {"strategy": {"name": "exact", "parameters": {"speed": 1}}}, "strategy.speed"),
    "an enormous population": (
        {"strategy": {"name": "genetic", "parameters": {"population": 10**9}}},
        "strategy.parameters.population"),
    "endless epochs of islands": (
        {"strategy": {"name": "genetic", "parameters": {"islands": 50, "migration_every": 999}}},
        "strategy.parameters"),
    "enormous steps of chains": (
        {"strategy": {"name": "annealing", "parameters": {"chains": 900, "proposals": 900}}},
        "strategy.parameters"),
    "neighbourhoods of too many starts": (
        {"strategy": {"name": "local_search", "parameters": {"starts": 1000}},
         "session__patients": 30, "session__intervals": 96}, "strategy.parameters"),
    "too many weight vectors side by side": (
        {"strategy": {"name": "pareto", "parameters": {"side_by_side": 900}},
         "session__intervals": 100}, "strategy.parameters"),
    "a network that learns for hours": (
        {"strategy": {
            "name": "surrogate", "parameters": {"network": "recurrent", "hidden": 900}}},
        "strategy.parameters"),
    "a course without an end": (
        {"strategy": {"name": "genetic", "parameters": {"pressure": {"first": 2}}}},
        "strategy.pressure.last"),
    "an endless search": ({"stopping": {"seconds": 1e9}}, "stopping.seconds"),
    "a schedule for others": ({"schedules": [[1] * 10]}, "schedules[0]"),
    "a ragged schedule": ({"schedules": [[6], [1, 2, 3]]}, "schedules"),
    "a crowd of walk-ins": (
        {"session__walk_ins": {
            "rate": [2000.0], "service_time": {"law": "exponential", "mean": 9.0}}},
        "session.walk_ins.rate"),
    "starts as a decimal": (
        {"strategy": {"name": "local_search", "parameters": {"starts": 2.0}}}, "strategy.starts"),
    "makespan idle time with walk-ins": (
        {"idle_definition": "makespan",
         "session__walk_ins": {"rate": 0.1, "service_time": {"law": "poisson", "mean": 4}}},
        "idle"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_a_problem_that_names_the_field(case: str, client: FlaskClient):
    """422 with problem details; what was sent is not echoed."""
    changes, field = BAD[case]
    answer = post(client, **changes)
    assert answer.status_code == 422, answer.text
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json()
    assert body["status"] == 422
    assert any(error["field"].startswith(field) for error in body["errors"]), body
    for secret in ("os.system", "oc.env", "strange"):
        assert secret not in answer.text


@pytest.mark.parametrize(
    ("data", "content_type"),
    [("{", "application/json"), ("", "application/json"), ("a=b", "text/plain")],
)
def test_a_body_that_is_not_json_is_a_problem(data: str, content_type: str, client: FlaskClient):
    """400, never a traceback."""
    answer = client.post("/api/v1/schedules", data=data, content_type=content_type)
    assert answer.status_code in (400, 415)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(number: str, client: FlaskClient):
    """Python's JSON reader would take them."""
    text = json.dumps(REQUEST).replace('"mean": 9', f'"mean": {number}')
    answer = client.post("/api/v1/schedules", data=text, content_type="application/json")
    assert answer.status_code == 400


def test_unknown_pages_and_methods_are_problems(client: FlaskClient):
    """404 and 405."""
    for answer, status in (
        (client.get("/api/v1/nothing"), 404),
        (client.get("/api/v1/schedules"), 405),
    ):
        assert answer.status_code == status
        assert answer.mimetype == "application/problem+json"


def test_an_unexpected_error_shows_no_detail(client: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    """500, logged, without a traceback in the answer."""

    def explode(*arguments: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("serve.api.schedules.optimise", explode)
    answer = post(client)
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_the_api_describes_itself(client: FlaskClient):
    """OpenAPI 3.1, whose schema accepts our request, and a page without foreign addresses."""
    specification = client.get("/api/openapi.json").get_json()
    assert specification["openapi"].startswith("3.1")
    assert "/api/v1/schedules" in specification["paths"]
    schema = {
        "$ref": "#/components/schemas/SchedulesIn", "components": specification["components"]
    }  # fmt: skip
    jsonschema.validate(REQUEST, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**REQUEST, "doctor": "who"}, schema)
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert "https://" not in page.text.split("<body>")[0]
    content = specification["paths"]["/api/v1/schedules"]["post"]["requestBody"]["content"]
    example = content["application/json"]["example"]
    assert client.post("/api/v1/schedules", json=example).get_json()["status"] == "optimal"
    assert client.get("/healthz").get_json()["status"] == "ok"


def test_a_real_server_answers(app: APIFlask, token: str):
    """``flask --app serve run`` in a process of its own, on the same database."""
    home = app.config["SETTINGS"].home
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "serve", "run", "--port", str(port)],
        env={
            **os.environ, "FLASK_DEBUG": "0", "BAILEY_HOME": home, "BAILEY_SECRET_KEY": KEY,
        }, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as up:
                    assert json.load(up)["status"] == "ok"
                break
            except OSError:
                time.sleep(0.3)
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/schedules",
            data=json.dumps(REQUEST).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["status"] == "optimal"
    finally:
        server.terminate()
        server.wait(timeout=20)
