"""The commands that make the tables, the first account and a made-up practice."""

from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select

from serve import create_app
from serve.auth.passwords import matches
from serve.consistency import what_is_wrong
from serve.database import db, reading
from serve.migrations import newest
from serve.models import HistoryRow, Practice, User
from serve.settings import Settings
from tests.serve.conftest import KEY, Client

PASSWORD = "zeven paarse fietsen in de regen"


@pytest.fixture
def empty(tmp_path: Path) -> APIFlask:
    """An application on a database without tables."""
    return create_app(Settings(home=str(tmp_path), secret_key=KEY, rate_limit=""))


def run(app: APIFlask, *arguments: str, **environment: str) -> Any:
    """Run a command of the service."""
    return app.test_cli_runner().invoke(args=list(arguments), env=environment)


def test_tables_are_made_once(empty: APIFlask):
    """The second time there is nothing to do, and it says so."""
    first, second = run(empty, "migrate"), run(empty, "migrate")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert f"from nothing to revision {newest()}" in first.output
    assert newest() in second.output
    assert "nothing to revision" not in second.output


def test_the_first_administrator_is_made_with_a_practice(empty: APIFlask):
    """The password is asked of the environment, and only its hash is kept."""
    run(empty, "migrate")
    made = run(
        empty, "create-admin", "--email", "Ada@Example.org", "--practice", "Main street",
        "--zone", "Asia/Kathmandu", BAILEY_ADMIN_PASSWORD=PASSWORD,
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    with empty.app_context(), reading() as session:
        user = session.scalars(select(User)).one()
        assert (user.email, [role.role for role in user.roles]) == (
            "ada@example.org",
            ["administrator"],
        )
        assert matches(user.password_hash, PASSWORD)
        assert session.scalars(select(Practice.zone)).one() == "Asia/Kathmandu"
    answer = empty.test_client().post(
        "/api/v1/account/sign-in", json={"email": "ada@example.org", "password": PASSWORD}
    )
    assert answer.status_code == 200
    again = run(
        empty, "create-admin", "--email", "ada@example.org", "--practice", "Main street",
        BAILEY_ADMIN_PASSWORD=PASSWORD,
    )  # fmt: skip
    assert again.exit_code == 2
    assert "ada@example.org" not in again.output


def test_a_password_can_be_made_up_and_is_shown_once(empty: APIFlask):
    """It signs in."""
    run(empty, "migrate")
    made = run(
        empty, "create-admin", "--email", "a@b.example", "--practice", "P", "--zone",
        "Europe/Amsterdam", "--generate",
    )  # fmt: skip
    password = made.output.strip().rsplit(" ", 1)[-1]
    body = {"email": "a@b.example", "password": password}
    assert empty.test_client().post("/api/v1/account/sign-in", json=body).status_code == 200


@pytest.mark.parametrize(
    ("options", "password", "said"),
    [
        (["--email", "nobody"], PASSWORD, "--email"),
        (["--email", "a@b.example", "--zone", "Mars/Olympus"], PASSWORD, "zone"),
        (["--email", "a@b.example", "--zone", ""], PASSWORD, "zone"),
        (["--email", "a@b.example"], "short", "password"),
        (["--email", "a@b.example"], "a@b.example a@b.example", "password"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_a_line(
    empty: APIFlask, options: list[str], password: str, said: str
):
    """Status 2, nothing made, the password not repeated."""
    run(empty, "migrate")
    given = ["--zone", "Europe/Amsterdam"] if "--zone" not in options else []
    made = run(
        empty, "create-admin", "--practice", "P", *options, *given, BAILEY_ADMIN_PASSWORD=password
    )
    assert made.exit_code == 2
    assert said in made.output
    assert "Traceback" not in made.output
    assert password not in made.output
    with empty.app_context(), reading() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0
        assert session.scalar(select(func.count()).select_from(Practice)) == 0


def test_without_tables_the_commands_say_what_to_do(empty: APIFlask):
    """In a line, with status 2."""
    made = run(
        empty, "create-admin", "--email", "a@b.example", "--practice", "P", "--zone",
        "Europe/Amsterdam", "--generate",
    )  # fmt: skip
    assert made.exit_code == 2
    assert "Traceback" not in made.output
    assert "migrate" in made.output


@pytest.mark.slow
def test_a_made_up_practice_is_consistent_and_everybody_signs_in(empty: APIFlask):
    """An account for each role, a quarter of history, and no second practice of the name."""
    run(empty, "migrate")
    made = run(empty, "demo-data", "--seed", "3")
    assert made.exit_code == 0, made.output
    accounts = dict(line.split() for line in made.output.splitlines() if line.startswith("  "))
    assert {email.split("@")[0] for email in accounts} == {
        "patient", "provider", "front_desk", "administrator", "analyst",
    }  # fmt: skip
    for email, password in accounts.items():
        answer = empty.test_client().post(
            "/api/v1/account/sign-in", json={"email": email, "password": password}
        )
        assert answer.status_code == 200, email
    with empty.app_context(), reading() as session:
        assert what_is_wrong(session) == []
        assert session.scalar(select(func.count()).select_from(HistoryRow)) > 1000
    again = run(empty, "demo-data")
    assert again.exit_code == 2
    assert "Traceback" not in again.output
    with empty.app_context():
        db.engine.dispose()
    assert Client(empty, None)("GET", "/practice").status_code == 401
