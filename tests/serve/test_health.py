"""What a machine is told of the service."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask
from sqlalchemy import text

from serve import create_app
from serve.database import db, transaction
from serve.errors import Conflict
from serve.migrations import migrate
from serve.models import Run
from serve.settings import Settings
from tests.serve.conftest import KEY, NOW, Clinic


def test_the_service_is_up_and_ready(app: APIFlask):
    """Nothing is missing."""
    client = app.test_client()
    assert client.get("/healthz").get_json()["status"] == "ok"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()) == (200, {"status": "ready"})


def test_an_older_database_is_not_ready(app: APIFlask):
    """The service says how to migrate it."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "migrate" in answer.get_json()["errors"][0]["message"]


def test_a_database_that_is_away_is_told_without_its_address(tmp_path: Path):
    """The password of an address is a secret."""
    url = "postgresql+psycopg://nobody:hidden@127.0.0.1:1/nothing"
    app = create_app(Settings(home=str(tmp_path), database_url=url, secret_key=KEY))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["errors"] == [{"field": "database", "message": "does not answer"}]
    assert "hidden" not in answer.text


def test_a_folder_that_is_gone_is_told(tmp_path: Path):
    """In the embedded mode the service writes there."""
    url = f"sqlite:///{tmp_path / 'bailey.db'}"
    home = tmp_path / "home"
    app = create_app(Settings(home=str(home), database_url=url, secret_key=KEY))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "cannot be written" in answer.text


def test_numbers_are_told(app: APIFlask, as_role: Any, clinic: Clinic):
    """Requests by template, conflicts by reason, runs by state; no identifiers."""

    @app.get("/conflict")
    def conflict() -> None:
        raise Conflict("No.", "seat_taken")

    def submit(session: Any) -> None:
        session.add(Run(practice_id=clinic.practice, kind="forecast", request={}, created_at=NOW))

    with app.app_context():
        transaction(submit)
    unknown = uuid4()
    as_role("administrator")("PATCH", f"/providers/{unknown}", {"name": "x"}, version=1)
    client = app.test_client()
    assert client.get("/conflict").status_code == 409
    client.open("/conflict", method="MADEUP")
    told = client.get("/metrics")
    assert told.status_code == 200
    template = "/api/v1/providers/<uuid:provider_id>"
    for line in (
        f'bailey_requests_total{{method="PATCH",route="{template}",status="404"}} 1.0',
        'bailey_conflicts_total{reason="seat_taken"} 1.0',
        'bailey_runs{kind="forecast",state="queued"} 1.0',
        "bailey_holds 0.0",
        f'bailey_request_seconds_count{{method="PATCH",route="{template}"}} 1.0',
        "bailey_oldest_queued_run_seconds",
    ):
        assert line in told.text, line
    assert str(unknown) not in told.text
    assert "MADEUP" not in told.text


@pytest.mark.parametrize(
    ("token", "address", "sent", "status"),
    [
        ("", "127.0.0.1", "", 200),
        ("", "10.1.2.3", "", 200),
        ("", "::1", "", 200),
        ("", "93.184.216.34", "", 404),
        ("", "somewhere", "", 404),
        ("a secret", "127.0.0.1", "", 401),
        ("a secret", "127.0.0.1", "Bearer another", 401),
        ("a secret", "93.184.216.34", "Bearer a secret", 200),
    ],
)
def test_numbers_are_not_for_everybody(
    tmp_path: Path, token: str, address: str, sent: str, status: int
):
    """For this network, or with a token for whoever has it."""
    app = create_app(
        Settings(home=str(tmp_path), secret_key=KEY, metrics_token=token, rate_limit="")
    )
    with app.app_context():
        migrate(db.engine)
    answer = app.test_client().get(
        "/metrics",
        headers={"Authorization": sent},
        environ_overrides={"REMOTE_ADDR": address},
    )
    assert answer.status_code == status
