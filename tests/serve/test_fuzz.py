"""The whole description of the API, tried with what it allows and what it does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serve import create_app
from serve.database import db
from serve.migrations import migrate
from serve.settings import Settings
from tests.serve.conftest import KEY, HandClock, make_clinic, token_for

CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
#: Answered by a machine of its own, or changed so that the rest could not be tried.
LEFT_OUT = r"^/api/v1/account/(sign-out-everywhere|openid.*)$"


@dataclass(frozen=True)
class Fuzzed:
    """An application, the token of its administrator, and rows that are there."""

    app: APIFlask
    token: str
    rows: dict[str, str]


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    """An application with a practice, and the token of its administrator."""
    home: Path = tmp_path_factory.mktemp("home")
    app = create_app(Settings(home=str(home), secret_key=KEY, rate_limit=""), HandClock())
    with app.app_context():
        migrate(db.engine)
        clinic = make_clinic()
        token = token_for(clinic.users["administrator"])
    rows = {
        "location_id": clinic.location,
        "patient_id": clinic.patient,
        "provider_id": clinic.provider,
        "user_id": clinic.users["analyst"],
        "visit_type_id": clinic.visit_type,
    }
    yield Fuzzed(app, token, {name: str(one) for name, one in rows.items()})
    with app.app_context():
        db.engine.dispose()


def operations(app: APIFlask) -> list[Any]:
    """Return every operation of the description."""
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app).exclude(path_regex=LEFT_OUT)
    return [one.ok() for one in schema.get_all_operations()]


def fuzz(fuzzed: Fuzzed, examples: int) -> list[str]:
    """Try every operation so often; return what went wrong."""
    wrong = []
    found = operations(fuzzed.app)
    assert len(found) > 10
    for operation in found:
        try:
            try_often(operation, fuzzed, examples)
        except (Exception, FailureGroup) as error:
            told = "\n".join(str(one) for one in getattr(error, "exceptions", [error]))
            wrong.append(f"{operation.method.upper()} {operation.path}: {told[:1500]}")
    return wrong


def try_often(operation: Any, fuzzed: Fuzzed, examples: int) -> None:
    """Send what the description allows and what it does not, half of it for rows that are there."""

    @seed(1)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode),
        real=st.booleans(),
    )
    def tried(case: Any, real: bool) -> None:
        for name in case.path_parameters or {}:
            if real and name in fuzzed.rows:
                case.path_parameters[name] = fuzzed.rows[name]
        headers = {"Authorization": f"Bearer {fuzzed.token}"}
        case.call_and_validate(headers=headers, checks=CHECKS)

    tried()


@pytest.mark.slow
def test_nothing_breaks_that_the_description_allows(fuzzed: Fuzzed):
    """No error of the server, and no answer that is not described."""
    wrong = fuzz(fuzzed, examples=8)
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.nightly
def test_nothing_breaks_however_long_it_is_tried(fuzzed: Fuzzed):
    """The same, much longer."""
    wrong = fuzz(fuzzed, examples=60)
    assert not wrong, "\n\n".join(wrong)
