"""Tokens of the API: what they may do, and which are refused."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from serve.auth.invitation import invite
from serve.database import reading, transaction
from serve.models import ApiToken, IdempotencyRecord, User
from tests.serve.conftest import KEY, NOW, Client, Clinic, HandClock, token_for


def make(client: Client, **more: Any) -> Any:
    """Return the answer to a request for a token."""
    return client("POST", "/tokens", {"name": "report", "scopes": ["provider.read"]} | more)


def test_a_token_does_what_its_scopes_say(app: APIFlask, as_role: Any):
    """Its text is told once: neither a list nor the same request again has it."""
    administrator = as_role("administrator")
    sent = {"name": "report", "scopes": ["provider.read"], "days": 30}
    made = administrator("POST", "/tokens", sent, key="one")
    assert made.status_code == 201, made.text
    text = made.get_json()["text"]
    again = administrator("POST", "/tokens", sent, key="one").get_json()
    assert again == made.get_json() | {"text": None}
    client = Client(app, text)
    assert client("GET", "/providers").status_code == 200
    assert client("GET", "/patients").status_code == 403
    assert client("PATCH", "/practice", {}, version=1).status_code == 403
    with app.app_context(), reading() as session:
        kept = [str(one.answer) for one in session.scalars(select(IdempotencyRecord))]
        kept += [str(vars(one)) for one in session.scalars(select(ApiToken))]
    assert text.rpartition(".")[2] not in str(kept)
    listed = administrator.get("/tokens")["items"]
    assert {"report", "test"} == {one["name"] for one in listed}
    assert all("text" not in one for one in listed)


def test_a_token_reaches_no_further_than_its_user(as_role: Any):
    """Scopes that the user's roles do not have are refused, and unknown ones."""
    patient = as_role("patient")
    assert make(patient).status_code == 201
    for scopes in (["audit.read"], ["nothing.known"], [], ["provider.read"] * 300, "provider.read"):
        answer = make(patient, scopes=scopes)
        assert answer.status_code == 422, scopes
    for days in (0, 366, 1.5, "30"):
        assert make(patient, days=days).status_code == 422


def test_a_token_does_not_outlive_the_token_that_made_it(
    app: APIFlask, as_role: Any, clock: HandClock
):
    """Whoever was given a week cannot make it a year."""
    scopes = ["provider.read", "token.change"]
    first = make(as_role("administrator"), scopes=scopes, days=7).get_json()
    second = make(Client(app, first["text"]), days=300).get_json()
    assert second["expires_at"] == first["expires_at"]
    shorter = make(Client(app, first["text"]), days=1).get_json()
    assert shorter["expires_at"] < first["expires_at"]
    clock.forward(days=8)
    assert Client(app, second["text"])("GET", "/providers").status_code == 401


def test_a_token_makes_tokens_only_if_it_may_and_for_what_it_may(
    app: APIFlask, as_role: Any, clinic: Clinic
):
    """So that none grows."""
    user = clinic.users["administrator"]
    with app.app_context():
        narrow = Client(app, token_for(user, ["provider.read"]))
        maker = Client(app, token_for(user, ["provider.read", "token.change"]))
    assert make(narrow).status_code == 403
    assert make(maker).status_code == 201
    assert make(maker, scopes=["patient.read"]).status_code == 422


def test_a_role_that_is_taken_away_is_taken_from_tokens_too(
    app: APIFlask, as_role: Any, clinic: Clinic
):
    """At once."""
    desk = as_role("front_desk")
    assert desk("GET", "/patients").status_code == 200
    administrator = as_role("administrator")
    path = f"/users/{clinic.users['front_desk']}"
    assert administrator("PATCH", path, {"roles": ["analyst"]}, version=1).status_code == 200
    assert desk("GET", "/patients").status_code == 403


def test_a_revoked_token_is_over(app: APIFlask, as_role: Any):
    """From the next request on, whoever revokes it again."""
    administrator = as_role("administrator")
    made = make(administrator).get_json()
    client = Client(app, made["text"])
    assert client("GET", "/providers").status_code == 200
    path = f"/tokens/{made['id']}/revoke"
    first = administrator.post(path)
    assert first["revoked_at"] is not None
    assert client("GET", "/providers").status_code == 401
    assert administrator.post(path) == first
    assert as_role("provider")("POST", path).status_code == 404


def test_a_token_ends_by_the_services_clock(app: APIFlask, as_role: Any, clock: HandClock):
    """On the day that was asked for."""
    client = Client(app, make(as_role("administrator"), days=2).get_json()["text"])
    clock.forward(days=2, seconds=-1)
    assert client("GET", "/providers").status_code == 200
    clock.forward(seconds=1)
    assert client("GET", "/providers").status_code == 401


def test_an_inactive_users_token_is_none(app: APIFlask, as_role: Any, clinic: Clinic):
    """While the user is inactive."""
    client = as_role("provider")

    def work(session: Any) -> None:
        session.get(User, clinic.users["provider"]).active = False

    with app.app_context():
        transaction(work)
    assert client("GET", "/providers").status_code == 401


def part(claims: Any) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def test_forged_tokens_are_refused(app: APIFlask, as_role: Any, clinic: Clinic):
    """By another key or algorithm, with other claims, in pieces, or made for something else."""
    good = as_role("analyst").token
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    administrator = str(clinic.users["administrator"])

    def signed(key: str = KEY, header: Any = None, **changes: Any) -> str:
        wanted = {name: one for name, one in (claims | changes).items() if one is not None}
        encoded: str = jwt.encode({"alg": "HS256"} | (header or {}), wanted, OctKey.import_key(key))
        return encoded

    assert Client(app, signed())("GET", "/practice").status_code == 200
    with app.app_context(), reading() as session:
        invitation, _ = invite(session.get(User, clinic.users["administrator"]), KEY, NOW)
    forged = {
        "another key": signed(key="another key that is long enough to be one"),
        "no algorithm": f"{part({'alg': 'none'})}.{body}.",
        "no algorithm, signed": f"{part({'alg': 'none'})}.{body}.{signature}",
        "another algorithm": f"{part({'alg': 'HS512'})}.{body}.{signature}",
        "another user": f"{head}.{part(claims | {'sub': administrator})}.{signature}",
        "another user, well signed": signed(sub=administrator),
        "another token": signed(jti=str(uuid4())),
        "another issuer": signed(iss="somebody"),
        "no identifier": signed(jti=None),
        "an identifier that is none": signed(jti=7),
        "an invitation": invitation,
        "half": good[: len(good) // 2],
        "nothing": "",
        "no signature": f"{head}.{body}.",
        "another body": f"{head}.{part([1])}.{signature}",
        "letters": "ä.ö.ü",
    }
    for case, text in forged.items():
        answer = Client(app, None)(
            "GET", "/practice", headers={"Authorization": f"Bearer {text}".encode("latin-1")}
        )
        assert answer.status_code == 401, case
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Basic YWRhOmFkYQ==", "Bearer", "Token x", "bearer  "])
def test_other_ways_to_sign_in_are_none(app: APIFlask, clinic: Clinic, header: str):
    """401 as for nobody."""
    answer = Client(app, None)("GET", "/practice", headers={"Authorization": header})
    assert answer.status_code == 401
