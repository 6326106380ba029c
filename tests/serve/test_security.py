"""What is sent with bad intent, or by a broken program, to every endpoint."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from serve import create_app
from serve.auth.policy import POLICY
from serve.database import db
from serve.limits import BODY, LONG_BODIES, LONG_BODY
from serve.migrations import migrate
from serve.models.people import ROLES
from serve.settings import Settings
from tests.serve.conftest import (
    KEY,
    Client,
    Clinic,
    HandClock,
    database,
    make_clinic,
    token_for,
)

PROBLEM = "application/problem+json"
#: What another program, or a database, might take for a part of itself.
INJECTIONS = (
    "Robert'); DROP TABLE patient;--",
    "' OR '1'='1",
    "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    "{{config.items()}}",
    "%(name)s %s {0} \\",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "Zoë \U0001f600 \u202e Ł",
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[APIFlask]:
    """One application for all, as what is refused leaves nothing behind."""
    home = tmp_path_factory.mktemp("home")
    with database(request, request.param, home) as url:
        made = create_app(
            Settings(home=str(home), database_url=url, secret_key=KEY, rate_limit=""), HandClock()
        )
        with made.app_context():
            migrate(db.engine)
        yield made
        with made.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def clinic(app: APIFlask) -> Clinic:
    """Its only practice."""
    with app.app_context():
        return make_clinic()


def routes(app: APIFlask) -> Iterator[tuple[str, Rule]]:
    """Yield method and rule of every endpoint of the API."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule


def path_of(app: APIFlask, rule: Rule) -> str:
    """Return an address of a rule beneath /api/v1, with identifiers of nothing."""
    values: dict[str, Any] = {name: uuid4() for name in rule.arguments}
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        try:
            built = adapter.build(rule.endpoint, values)
        except (TypeError, ValueError):
            built = adapter.build(rule.endpoint, {name: 1 for name in values})
    return built.removeprefix("/api/v1")


def bodies(app: APIFlask) -> Iterator[tuple[str, str, str]]:
    """Yield method and path of every endpoint that takes JSON, and a role that may use it."""
    document = app.test_client().get("/api/openapi.json").get_json()
    for method, rule in routes(app):
        described = rule.rule
        for name in rule.arguments:
            for converter in ("uuid:", "int:", "string:", ""):
                described = described.replace(f"<{converter}{name}>", f"{{{name}}}")
        operation = document["paths"].get(described, {}).get(method.lower(), {})
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            action = getattr(app.view_functions[rule.endpoint], "action", "practice.read")
            may = POLICY[action]
            role = "administrator" if "administrator" in may or not may else next(iter(may))
            yield method, path_of(app, rule), role


def assert_refused(answer: TestResponse, *statuses: int) -> None:
    """Assert that an answer is a problem of one of some statuses, or any of the request's fault."""
    where = f"{answer.request.method} {answer.request.path}"
    assert 400 <= answer.status_code < 500, (where, answer.status_code, answer.text)
    assert not statuses or answer.status_code in statuses, (where, answer.status_code, answer.text)
    assert answer.mimetype == PROBLEM, where
    body = answer.get_json()
    assert body["status"] == answer.status_code
    assert body["detail"]


MALFORMED = {
    "nothing": b"",
    "half": b'{"name": "x"',
    "latin-1": '{"name": "Zoë"}'.encode("latin-1"),
    "utf-16": '{"name": "x"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "NUL": b'{"name": "a\\u0000b"}',
    "half of a pair": b'{"name": "\\ud800"}',
    "half of a pair in a name": b'{"\\udfff": 1}',
    "a name twice": b'{"name": "x", "name": "y"}',
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "unclosed depths": b"[" * 100_000,
    "a huge whole number": b'{"minutes": ' + b"9" * 100_000 + b"}",
    "a huge exponent": b'{"minutes": 1e999999}',
    "no number": b'{"minutes": NaN}',
    "two documents": b"{}{}",
}


@pytest.mark.slow
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_bodies_are_refused_everywhere(app: APIFlask, as_role: Any, body: bytes):
    """As problems, by every endpoint that takes a body."""
    callers = {role: as_role(role) for role in ROLES}
    taken = list(bodies(app))
    assert len(taken) > 5
    for method, path, role in taken:
        answer = callers[role](method, path, version=1, data=body, content_type="application/json")
        assert_refused(answer, 400)


@pytest.mark.parametrize(
    "sent", [[], "text", 12, None, {"unknown": 1}, {"name": {"a": []}}, {"name": 10**400}]
)
def test_other_json_is_refused_everywhere(app: APIFlask, as_role: Any, sent: Any):
    """What is JSON and not what is described; nothing of it is told back."""
    callers = {role: as_role(role) for role in ROLES}
    for method, path, role in bodies(app):
        answer = callers[role](
            method, path, version=1, data=json.dumps(sent), content_type="application/json"
        )
        assert_refused(answer)


def test_other_kinds_of_bodies_are_refused_everywhere(app: APIFlask, as_role: Any):
    """A form, XML, or a kind that is made up."""
    callers = {role: as_role(role) for role in ROLES}
    for kind in ("application/x-www-form-urlencoded", "text/xml", "a" * 300, "text/plain\t;;="):
        for method, path, role in bodies(app):
            answer = callers[role](method, path, version=1, data=b"a=b", content_type=kind)
            assert_refused(answer)


def test_oversized_bodies_are_refused_everywhere(app: APIFlask, as_role: Any):
    """One mebibyte is enough for all but whole schedules and files."""
    callers = {role: as_role(role) for role in ROLES}
    for method, path, role in bodies(app):
        most = LONG_BODY if f"/api/v1{path}".startswith(LONG_BODIES) else BODY
        body = b'{"name": "' + b"x" * most + b'"}'
        answer = callers[role](method, path, version=1, data=body, content_type="application/json")
        assert_refused(answer, 413)


HEADERS = {
    "a line break": "a\r\nX-Injected: yes",
    "NUL": "a\x00b",
    "letters of another alphabet": "Zo\u00eb\u0142".encode().decode("latin-1"),
    "very long": "a" * 60_000,
    "nothing": "",
    "a quote": "\"'<script>",
}


@pytest.mark.parametrize("value", HEADERS.values(), ids=HEADERS)
def test_headers_cannot_be_injected(app: APIFlask, as_role: Any, value: str):
    """What a header says reaches no header of the answer unless it is safe."""
    administrator = as_role("administrator")
    names = (
        "X-Request-Id", "If-Match", "If-None-Match", "Idempotency-Key", "Authorization", "Cookie",
        "Accept", "Content-Type", "X-Forwarded-For", "Range", "X-CSRF-Token",
    )  # fmt: skip
    for name in names:
        for method, path in (("GET", "/practice"), ("POST", "/providers"), ("PATCH", "/practice")):
            # The client refuses line breaks itself, so that they are put where a server has them.
            environ = {f"HTTP_{name.upper().replace('-', '_')}": value}
            if name == "Content-Type":
                environ = {"CONTENT_TYPE": value}
            body = None if method == "GET" else {"name": uuid4().hex}
            answer = administrator(method, path, body, version=1, environ_overrides=environ)
            assert answer.status_code < 500, (name, method)
            assert "X-Injected" not in answer.headers
            for _, told in answer.headers:
                assert "\r" not in told
                assert "\n" not in told
            if name == "X-Request-Id" and value not in ("",):
                assert answer.headers["X-Request-Id"] != value


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/practice",
        "/api//v1/practice",
        "/api/v1/practice/",
        "/api/v1/../v1/practice",
        "/api/v1/%2e%2e/practice",
        "/api/v1/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/api/docs/%2e%2e/%2e%2e/__init__.py",
        "/api/docs/..%2f..%2f__init__.py",
        "/api/docs/%5c..%5c..%5c__init__.py",
        "/static/%2e%2e/application.py",
        "/api/v1/practice%00",
        "/api/v1/practice%00.json",
        "/api/v1/providers/%00",
        "/api/v1/providers/1%20OR%201=1",
        "/api/v1/providers/00000000-0000-0000-0000-00000000000g",
        "/api/v1/" + "a" * 9_000,
        "/api/v1/providers?cursor=" + "a" * 9_000,
        "/api/v1/providers?cursor=%00",
        "/api/v1/%ff%fe",
        "/api/v1/providers/" + "%f0%9f%98%80" * 50,
        "/.git/config",
        "/instance/secret_key",
    ],
)
def test_paths_lead_nowhere_else(app: APIFlask, as_role: Any, path: str):
    """Neither dots, slashes nor NUL reach a file or another endpoint."""
    administrator = as_role("administrator")
    answer = administrator.client.get(
        path, headers={"Authorization": f"Bearer {administrator.token}"}
    )
    assert_refused(answer)


@pytest.mark.parametrize("text", INJECTIONS)
def test_texts_come_back_as_they_were_sent(as_role: Any, text: str):
    """They are data to the database and to whoever writes them into a page."""
    administrator = as_role("administrator")
    made = administrator.post("/providers", {"name": text})
    assert made["name"] == text
    assert text in [one["name"] for one in administrator.get("/providers", limit=200)["items"]]
    place = administrator.post("/locations", {"name": text, "address": text})
    assert (place["name"], place["address"]) == (text, text)


def test_queries_are_data_too(app: APIFlask, as_role: Any):
    """No list gives anything for a query that is a piece of SQL, and none fails."""
    administrator = as_role("administrator")
    document = app.test_client().get("/api/openapi.json").get_json()
    for method, rule in routes(app):
        if method != "GET":
            continue
        path = path_of(app, rule)
        operation = document["paths"].get(rule.rule, {}).get("get", {})
        names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
        for text in (*INJECTIONS, "9" * 400, "-1", "\ud800".encode("utf-8", "surrogatepass")):
            answer = administrator("GET", path, query_string=dict.fromkeys(names, text))
            assert answer.status_code < 500, (path, text)


def test_a_key_is_good_for_one_request_only(as_role: Any):
    """Sent again with another body, or to another path, it is refused, and nothing is made."""
    administrator = as_role("administrator")
    assert administrator("POST", "/providers", {"name": "one"}, key="k").status_code == 201
    assert_refused(administrator("POST", "/providers", {"name": "two"}, key="k"), 422)
    assert_refused(administrator("POST", "/locations", {"name": "one"}, key="k"), 422)
    providers = [one["name"] for one in administrator.get("/providers", limit=200)["items"]]
    assert "one" in providers
    assert "two" not in providers
    assert "one" not in [one["name"] for one in administrator.get("/locations", limit=200)["items"]]


def test_unknown_methods_are_refused_everywhere(app: APIFlask, as_role: Any):
    """With the methods that there are."""
    administrator = as_role("administrator")
    for _, rule in routes(app):
        for method in ("TRACE", "BREW", "CONNECT"):
            answer = administrator(method, path_of(app, rule))
            assert_refused(answer, 405)
            assert answer.headers["Allow"]


def test_answers_protect_browsers(app: APIFlask, as_role: Any):
    """Data are no page, are shown in no frame and kept in no cache."""
    answer = as_role("administrator")("GET", "/practice")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = app.test_client().get("/api/docs/", headers={"Host": "x<script>alert(1)</script>"})
    assert "alert(1)" not in page.text
    page = app.test_client().get("/api/docs/")
    policy = page.headers["Content-Security-Policy"]
    scripts = policy.split("script-src")[1].split(";")[0]
    assert "'sha256-" in scripts
    assert "unsafe" not in scripts


def limited(tmp_path: Any, **changes: str) -> APIFlask:
    """Return an application that counts requests."""
    app = create_app(Settings(home=str(tmp_path), secret_key=KEY, **changes))
    with app.app_context():
        migrate(db.engine)
    return app


def test_who_asks_too_often_waits(tmp_path: Any):
    """Each user on its own; a token that is made up counts for the address that sends it."""
    app = limited(tmp_path, rate_limit="5 per minute")
    with app.app_context():
        clinic: Clinic = make_clinic()
        first, second = (token_for(clinic.users[role]) for role in ("administrator", "analyst"))
    one, other = Client(app, first), Client(app, second)
    answers = [one("GET", "/practice") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert_refused(answers[-1], 429)
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert "Retry-After" not in answers[0].headers
    assert other("GET", "/practice").status_code == 200
    made_up = [Client(app, f"{first[:-4]}{number:04d}")("GET", "/practice") for number in range(7)]
    assert [answer.status_code for answer in made_up] == [401] * 5 + [429] * 2
    # Whoever watches the service is not kept from it.
    assert {app.test_client().get("/healthz").status_code for _ in range(9)} == {200}


def test_passwords_are_not_tried_one_after_the_other(tmp_path: Any):
    """Ten a minute from one address, whatever account they are tried for."""
    app = limited(tmp_path)
    client = app.test_client()
    statuses = [
        client.post(
            "/api/v1/account/sign-in", json={"email": f"a{n}@b.example", "password": "x" * 12}
        ).status_code
        for n in range(12)
    ]
    assert 429 not in statuses[:10]
    assert statuses[10:] == [429] * 2


def test_addresses_are_those_that_the_proxies_tell(tmp_path: Any):
    """With one proxy the last address of the header counts, without one none does."""
    for proxies, statuses in (("0", [401, 401, 429]), ("1", [401, 401, 401])):
        home = tmp_path / proxies
        home.mkdir()
        app = limited(home, rate_limit="2 per minute", proxies=proxies)
        got = [
            app.test_client().get("/api/v1/practice", headers={"X-Forwarded-For": f"10.0.0.{n}"})
            for n in range(3)
        ]
        assert [answer.status_code for answer in got] == statuses
