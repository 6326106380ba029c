"""Every route, for every role, on one's own things and others', as `POLICY` has it."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from serve import create_app
from serve.auth.policy import POLICY, Reach
from serve.auth.tokens import issue
from serve.database import transaction
from serve.models.people import ROLES
from serve.notify.unsubscribing import link_for
from serve.settings import Settings
from tests.serve.conftest import KEY, NOW, make_clinic
from tests.serve.samples import sample
from tests.serve.things import Things, row_name

#: All that may be asked for without a user; nothing of a practice or a patient is told there.
PUBLIC = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/openapi.json",
    "/api/docs/",
    "/api/docs/<path:path>",
    "/api/docs/dist/<path:filename>",
    "/static/<path:filename>",
    "/sign-in",
    "/invitation",
    "/api/v1/account/sign-in",
    "/api/v1/account/invitation",
    "/api/v1/account/openid",
    "/api/v1/account/openid/callback",
    "/fhir/r4/metadata",
}
#: Whose thing a path names.
OWNERS = ("own", "another's", "elsewhere", "unknown")
#: Paths whose thing is found by another action than the route's: that one decides about it.
FOUND_BY: dict[str, str] = {}


def _stops_mail(own: Things) -> str:
    return link_for(own.patient.id, KEY, "").rpartition("/")[2]


#: Secrets that open links, by the route: nobody needs more, and nobody may more by a role.
LINKS: dict[str, Callable[[Things], str]] = {
    "/api/v1/calendars/<secret>.ics": lambda own: own.calendar_feed and own.calendar_secret,
    "/api/v1/notices/unsubscribe/<link>": lambda own: link_for(own.patient.id, KEY, "").rpartition(
        "/"
    )[2],
}
#: Values of what a path names beside rows.
VALUES: dict[str, str] = {"quantity": "no_show", "table": "visits", "step": "arrive"}
#: Bodies, by method and path, where what the schema requires is not enough.
BODIES: dict[str, Callable[[Things], Any]] = {
    "POST /api/v1/clinic-days/<uuid:clinic_day_id>/what-if": lambda own: {"break_minutes": 15},
    "POST /fhir/r4": lambda own: {"resourceType": "Bundle", "type": "batch"},
    "POST /fhir/r4/Appointment/$find": lambda own: {"resourceType": "Parameters"},
    "POST /fhir/r4/Appointment/$hold": lambda own: _proposed(own),
    "POST /fhir/r4/Appointment/$book": lambda own: _proposed(own),
    "PUT /fhir/r4/Appointment/<uuid:appointment_id>": lambda own: {
        "resourceType": "Appointment",
        "status": "booked",
        "participant": [{"status": "accepted"}],
    },
    "PATCH /fhir/r4/Appointment/<uuid:appointment_id>": lambda own: [],
    "POST /api/v1/patients/<uuid:patient_id>/carers": lambda own: {"email": own.user.email},
}


def _proposed(own: Things) -> dict[str, Any]:
    """Return what holds or books a seat by FHIR."""
    name = own.seat.id.hex + own.patient.id.hex
    reference = {"reference": f"Appointment/{name}"}
    parameter = {"name": "appointment-reference", "valueReference": reference}
    return {"resourceType": "Parameters", "parameter": [parameter]}


def _rules(app: APIFlask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods)))


def _guarded(app: APIFlask) -> list[Rule]:
    return [rule for rule in _rules(app) if hasattr(app.view_functions[rule.endpoint], "action")]


@pytest.fixture(scope="module")
def bare() -> APIFlask:
    """An application whose routes alone matter."""
    return create_app(Settings(secret_key=KEY, database_url="sqlite://"))


def test_only_what_is_listed_is_public(bare: APIFlask):
    """A route without an action is one that was meant to be public."""
    public = {
        rule.rule
        for rule in _rules(bare)
        if not hasattr(bare.view_functions[rule.endpoint], "action")
    }
    assert public <= PUBLIC


def test_only_what_is_listed_is_open_to_whoever_has_a_link(bare: APIFlask):
    """And its description says that nobody signs in for it."""
    linked = {rule.rule for rule in _guarded(bare) if bare.view_functions[rule.endpoint].linked}
    assert linked == set(LINKS)
    document = bare.test_client().get("/api/openapi.json").get_json()
    for rule in linked:
        operations = document["paths"][re.sub(r"<(?:[^>:]+:)?([^>]+)>", r"{\1}", rule)].values()
        assert all(one["security"] == [] for one in operations if "responses" in one)


def test_every_action_is_in_the_policy(bare: APIFlask):
    """And every role in it is one."""
    for rule in _guarded(bare):
        assert bare.view_functions[rule.endpoint].action in POLICY, rule
    assert {role for one in POLICY.values() for role in one} <= set(ROLES)


def test_no_route_is_left_out(bare: APIFlask):
    """Whatever a path names can be made by `Things`, or has a value here."""
    unknown = {
        (rule.rule, name)
        for rule in _guarded(bare)
        for name in rule.arguments
        if row_name(name) is None and name not in VALUES and rule.rule not in LINKS
    }
    assert not unknown, "add these to tests/serve/things.py or to VALUES"


class Caller:
    """Sends requests of one role to one application, each on new rows."""

    def __init__(self, app: APIFlask, role: str) -> None:
        self.app, self.role = app, role
        self.client: FlaskClient = app.test_client(use_cookies=False)
        self.document = self.client.get("/api/openapi.json").get_json()
        with app.app_context():
            self.home, self.away = make_clinic().practice, make_clinic("Welch").practice

    def expected(self, rule: Rule, owner: str) -> set[int] | None:
        """Return the statuses that the policy asks for; None for any that is no refusal."""
        if rule.rule in LINKS:
            return None if owner == "own" else {404}
        if self.role == "nobody":
            return {302} if self._is_page(rule) else {401}
        far: Reach | None = self._reach(rule)
        if far is None:
            return {403}
        if not any(row_name(name) for name in rule.arguments):
            return None
        if owner in ("elsewhere", "unknown"):
            return {404}
        if rule.rule in FOUND_BY:
            far = POLICY[FOUND_BY[rule.rule]].get(self.role)
        return None if owner == "own" or far == "practice" else {404}

    def _reach(self, rule: Rule) -> Reach | None:
        """Return how far the role gets: a page may need several actions, and be of one role."""
        view = self.app.view_functions[rule.endpoint]
        if getattr(view, "role", None) not in (None, self.role):
            return None
        reaches = [POLICY[one].get(self.role) for one in getattr(view, "needs", (view.action,))]
        return None if None in reaches else "own" if "own" in reaches else "practice"

    def send(self, rule: Rule, owner: str) -> int:
        """Return the answer's status."""
        method = next(iter(rule.methods - {"HEAD", "OPTIONS"}))

        def work(session: Any) -> tuple[str, Any, Any, str, str]:
            roles = ("administrator",) if self.role in ("nobody", "no scope") else (self.role,)
            own = Things(session, self.home, roles)
            token = issue(session, own.user, "test", self._scopes(rule), 365, KEY, NOW)[1]
            named = {
                "own": own,
                "another's": Things(session, self.home, roles),
                "elsewhere": Things(session, self.away, roles),
            }.get(owner)
            path = self._path(rule, named)
            if rule.rule in LINKS and owner == "own":
                secret = LINKS[rule.rule](Things(session, self.home, ("patient",)))
                path = re.sub(r"<[^>]+>", secret, rule.rule)
            query, body, media = self._asked(method, rule, own)
            return path, query, body, media, token

        with self.app.app_context():
            path, query, body, media, token = transaction(work)
        headers = {"Idempotency-Key": uuid4().hex, "If-Match": '"1"'}
        if self._is_page(rule):
            headers["Accept"] = "text/html"
        if self.role != "nobody":
            headers["Authorization"] = f"Bearer {token}"
        more = {} if body is None else {"json": body, "content_type": media}
        answer = self.client.open(path, method=method, query_string=query, headers=headers, **more)
        assert answer.status_code < 500, (method, path, answer.text)
        return answer.status_code

    def _is_page(self, rule: Rule) -> bool:
        return hasattr(self.app.view_functions[rule.endpoint], "page")

    def _scopes(self, rule: Rule) -> list[str]:
        if self.role != "no scope":
            return list(POLICY)
        view = self.app.view_functions[rule.endpoint]
        return [one for one in POLICY if one != view.action]

    def _path(self, rule: Rule, things: Things | None) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[1].rpartition(":")[2]
            row = row_name(name)
            if row is None:
                return VALUES.get(name, uuid4().hex)
            if things is None:
                return "999999999" if found[1].startswith("int:") else str(uuid4())
            return things.id(row)

        return re.sub(r"<([^>]+)>", value, rule.rule)

    def _asked(self, method: str, rule: Rule, own: Things) -> tuple[dict[str, Any], Any, str]:
        if self._is_page(rule):
            # An empty form is refused, which is no matter of access.
            return {}, None, ""
        path = re.sub(r"<(?:[^>:]+:)?([^>]+)>", r"{\1}", rule.rule)
        operation = self.document["paths"][path][method.lower()]

        def row(field: str) -> str | None:
            name = row_name(field)
            return None if name is None else own.id(name)

        query = {
            one["name"]: sample(one["schema"], self.document, row, one["name"])
            for one in operation.get("parameters", [])
            if one["in"] == "query" and one.get("required")
        }
        content = operation.get("requestBody", {}).get("content", {})
        media = next((one for one in content if one.endswith("json")), "application/json")
        if f"{method} {rule.rule}" in BODIES:
            return query, BODIES[f"{method} {rule.rule}"](own), media
        if media not in content:
            return query, None, media
        return query, sample(content[media]["schema"], self.document, row), media


@pytest.mark.slow
@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)], indirect=True
)
@pytest.mark.parametrize("role", [*ROLES, "nobody", "no scope"])
def test_every_route_does_what_the_policy_says(app: APIFlask, role: str):
    """401 for nobody, 403 outside of the role or the scope, 404 for what is not one's own."""
    caller, wrong = Caller(app, role), []
    for rule in _guarded(app):
        owners = OWNERS if any(row_name(name) for name in rule.arguments) else ("own",)
        if rule.rule in LINKS:
            owners = ("own", "unknown")
        for owner in owners:
            expected, status = caller.expected(rule, owner), caller.send(rule, owner)
            if status in (expected or ()) or (expected is None and status not in (401, 403, 404)):
                continue
            wrong.append((sorted(rule.methods), rule.rule, owner, status, expected))
    assert not wrong
