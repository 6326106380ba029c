"""A provider that says who somebody is with an identity that is not right."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask, request
from joserfc import jwt
from joserfc.jwk import RSAKey

from serve.database import db
from serve.settings import Settings
from tests.serve.auth.test_openid import (
    CLIENT,
    KNOWN,
    Service,
    come_back,
    free_port,
    refused,
    serving,
)

KEY, ANOTHER = (RSAKey.generate_key(2048, parameters={"kid": "one"}) for _ in range(2))


class Liar:
    """A provider whose next identity can be anything.

    Attributes
    ----------
    claims, key, header
        What the next identity says beside what is right, and how it is signed.
    sign
        Makes the identity of its claims instead.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.nonce = ""
        self.claims: dict[str, Any] = {}
        self.key: Any = KEY
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.sign: Callable[[dict[str, Any]], str] | None = None
        self.app = Flask(__name__)
        self.app.get("/.well-known/openid-configuration")(self.known)
        self.app.get("/keys")(lambda: {"keys": [KEY.as_dict(private=False)]})
        self.app.post("/token")(self.token)

    def known(self) -> dict[str, Any]:
        """Tell of the provider, which says that it signs in every way."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorise",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def token(self) -> dict[str, Any]:
        """Give an identity for any code."""
        assert request.form["code_verifier"]
        now = int(time.time())
        right = {
            "iss": self.issuer, "aud": CLIENT, "sub": "42", "iat": now, "exp": now + 300,
            "nonce": self.nonce, "email": KNOWN, "email_verified": True,
        }  # fmt: skip
        claims = {name: one for name, one in (right | self.claims).items() if one is not None}
        answer = {"access_token": "x", "token_type": "Bearer"}
        if self.sign is not None:
            text = self.sign(claims)
        else:
            text = jwt.encode(self.header, claims, self.key)
        return answer | ({"id_token": text} if text else {})


@pytest.fixture
def liar(settings: Settings) -> Iterator[tuple[Liar, Service]]:
    """The liar, and the service that believes it."""
    ours, theirs = free_port(), free_port()
    provider = Liar(f"http://127.0.0.1:{theirs}")
    service = Service(settings, provider.issuer, ours)
    with serving(provider.app, theirs), serving(service.app, ours):
        yield provider, service
    with service.app.app_context():
        db.engine.dispose()


def part(value: Any) -> str:
    """Return a part of an identity."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed_by_the_public_key(claims: dict[str, Any]) -> str:
    """Return an identity as if what everybody knows were a secret; libraries refuse to."""
    text = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims)}"
    made = hmac.digest(KEY.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def unsigned(claims: dict[str, Any]) -> str:
    """Return an identity that nobody signed."""
    return f"{part({'alg': 'none'})}.{part(claims)}."


FORGED: dict[str, dict[str, Any]] = {
    "another key": {"key": ANOTHER},
    "another key of its own": {
        "key": ANOTHER,
        "header": {"alg": "RS256", "kid": "one", "jwk": ANOTHER.as_dict(private=False)},
    },
    "the public key as a secret": {"sign": signed_by_the_public_key},
    "no signature": {"sign": unsigned},
    "no identity": {"sign": lambda _: ""},
    "letters": {"sign": lambda _: "x"},
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "another client": {"claims": {"aud": "somebody", "azp": CLIENT}},
    "another provider": {"claims": {"iss": "http://sign.in.example"}},
    "over": {"claims": {"exp": 1}},
    "for ever": {"claims": {"exp": None}},
    "nobody": {"claims": {"sub": None}},
    "a number": {"claims": {"sub": 42}},
    "an endless subject": {"claims": {"sub": "x" * 256}},
    "an address that is perhaps verified": {"claims": {"email_verified": "true"}},
    "an address that is none": {"claims": {"email": [KNOWN]}},
    "another address": {"claims": {"email": f"{KNOWN}.org"}},
}


def test_an_identity_that_is_not_right_signs_nobody_in(liar: tuple[Liar, Service]):
    """Whatever is wrong with it; a right one does, with the same provider."""
    provider, service = liar

    def try_to_sign_in() -> tuple[requests.Session, requests.Response]:
        browser = requests.Session()
        asked = parse_qs(urlsplit(service.begin(browser)).query)
        if "nonce" not in provider.claims:
            provider.nonce = asked["nonce"][0]
        back = f"{service.back}?code=any&state={asked['state'][0]}"
        return browser, come_back(browser, back)

    for case, lie in FORGED.items():
        provider.claims = lie.get("claims", {})
        provider.key = lie.get("key", KEY)
        provider.header = lie.get("header", {"alg": "RS256", "kid": "one"})
        provider.sign = lie.get("sign")
        browser, answer = try_to_sign_in()
        assert refused(answer), (case, answer.status_code, answer.text)
        assert service.user(browser) is None, case
    provider.claims, provider.key, provider.sign = {}, KEY, None
    provider.header = {"alg": "RS256", "kid": "one"}
    browser, answer = try_to_sign_in()
    assert answer.status_code == 302, answer.text
    assert service.user(browser) == KNOWN


def test_a_provider_that_does_not_answer_is_a_problem(settings: Settings):
    """503; it is asked again by the next who signs in."""
    ours, theirs = free_port(), free_port()
    provider = Liar(f"http://127.0.0.1:{theirs}")
    service = Service(settings, provider.issuer, ours)
    with serving(service.app, ours):
        begin = f"{service.address}/api/v1/account/openid"
        answer = requests.get(begin, allow_redirects=False, timeout=30)
        assert answer.status_code == 503
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        with serving(provider.app, theirs):
            assert service.begin(requests.Session()).startswith(provider.issuer)
    with service.app.app_context():
        db.engine.dispose()
