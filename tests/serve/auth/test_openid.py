"""Signing in with an OpenID Connect provider: a real one, and one that lies."""

import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from apiflask import APIFlask
from sqlalchemy import select
from werkzeug.serving import make_server

from objective import InvalidInput
from serve import create_app
from serve.database import db, reading, transaction
from serve.migrations import migrate
from serve.models import AuditEntry, ExternalIdentity, User
from serve.settings import Settings
from tests.npm import npm_package
from tests.serve.conftest import Clinic, HandClock, make_clinic

VERSION = "8.8.1"
CLIENT, SECRET = "bailey", "a secret for tests alone"
#: Whose e-mail addresses the provider has verified.
KNOWN, UNKNOWN = "provider@bailey.example", "nobody@bailey.example"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> None:
    """Return when a server answers."""
    for _ in range(200):
        try:
            requests.get(address, timeout=1)
            return
        except requests.RequestException:
            time.sleep(0.1)
    raise TimeoutError(address)


@pytest.fixture(scope="module")
def package() -> Path:
    """The folder in which npm's oidc-provider is installed."""
    return npm_package("oidc-provider", VERSION)


@contextmanager
def serving(app: Any, port: int) -> Iterator[str]:
    """Serve an application on a port of this machine."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Service:
    """The service on a port of its own, with a provider to sign in with."""

    def __init__(self, settings: Settings, issuer: str, port: int) -> None:
        self.issuer = issuer
        self.app = create_app(
            replace(settings, oidc_issuer=issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET),
            HandClock(),
        )
        with self.app.app_context():
            migrate(db.engine)
            self.clinic: Clinic = make_clinic()
        self.address = f"http://127.0.0.1:{port}"
        self.back = f"{self.address}/api/v1/account/openid/callback"

    def rows(self, model: Any) -> list[Any]:
        """Return all rows of a model."""
        with self.app.app_context(), reading() as session:
            return list(session.scalars(select(model)))

    def begin(self, browser: requests.Session) -> str:
        """Return where the provider's sign-in begins."""
        answer = browser.get(
            f"{self.address}/api/v1/account/openid", allow_redirects=False, timeout=20
        )
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def user(self, browser: requests.Session) -> str | None:
        """Return the e-mail address of who is signed in; None for nobody."""
        answer = browser.get(f"{self.address}/api/v1/account", timeout=20)
        return answer.json()["email"] if answer.status_code == 200 else None


@pytest.fixture
def service(settings: Settings, package: Path) -> Iterator[Service]:
    """The service beside a running oidc-provider."""
    ours, theirs = free_port(), free_port()
    made = Service(settings, f"http://127.0.0.1:{theirs}", ours)
    script = Path(__file__).parent / "openid_provider.mjs"
    node = subprocess.Popen(
        ["node", str(script), str(theirs), made.back, str(package)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(f"{made.issuer}/.well-known/openid-configuration")
        with serving(made.app, ours):
            yield made
    finally:
        node.terminate()
        node.wait(timeout=20)
        with made.app.app_context():
            db.engine.dispose()


def at_provider(service: Service, browser: requests.Session, account: str) -> str:
    """Sign in at the provider, agree, and return the way back to the service."""
    address = service.begin(browser)
    for _ in range(12):
        answer = browser.get(address, allow_redirects=False, timeout=20)
        if answer.status_code == 200:
            # A form of the provider: first of its sign-in, then of its consent.
            action = re.search(r'action="([^"]+)"', answer.text)[1]
            prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text)[1]
            form = {"prompt": prompt, "login": account, "password": "x"}
            answer = browser.post(
                urljoin(address, action), data=form, allow_redirects=False, timeout=20
            )
        assert answer.status_code in (302, 303), answer.text
        address = urljoin(address, answer.headers["Location"])
        if address.startswith(service.back):
            return address
    raise AssertionError("the provider does not come to an end")


def come_back(browser: requests.Session, address: str) -> requests.Response:
    """Return the service's answer to a browser that comes back."""
    return browser.get(address, allow_redirects=False, timeout=20)


def refused(answer: requests.Response) -> bool:
    """Return whether an answer is a problem that says to sign in, or cannot be read."""
    kind = answer.headers["Content-Type"]
    return answer.status_code in (400, 401) and kind.startswith("application/problem+json")


def test_a_user_signs_in_with_the_provider(service: Service):
    """Linked by the verified e-mail address the first time, by the subject from then on."""
    browser = requests.Session()
    asked = parse_qs(urlsplit(service.begin(browser)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    answer = come_back(browser, at_provider(service, browser, KNOWN))
    assert answer.status_code == 302, answer.text
    assert service.user(browser) == KNOWN
    [identity] = service.rows(ExternalIdentity)
    assert identity.user_id == service.clinic.users["provider"]
    assert (identity.issuer, identity.subject) == (service.issuer, f"subject of {KNOWN}")

    def rename(session: Any) -> None:
        session.get(User, identity.user_id).email = "renamed@bailey.example"

    with service.app.app_context():
        transaction(rename)
    another = requests.Session()
    assert come_back(another, at_provider(service, another, KNOWN)).status_code == 302
    assert service.user(another) == "renamed@bailey.example"
    actions = [entry.action for entry in service.rows(AuditEntry)]
    assert actions == ["account.link", "account.sign_in", "account.sign_in"]


def test_those_who_are_no_users_stay_outside(service: Service):
    """An unknown address, one that is not verified, an inactive user; the answer is the same."""

    def leave(session: Any) -> None:
        session.get(User, service.clinic.users["analyst"]).active = False

    with service.app.app_context():
        transaction(leave)
    answers = []
    for account in (UNKNOWN, f"unverified-{KNOWN}", "analyst@bailey.example"):
        browser = requests.Session()
        answers.append(come_back(browser, at_provider(service, browser, account)))
        assert service.user(browser) is None
    assert all(refused(answer) for answer in answers)
    assert len({answer.text for answer in answers}) == 1
    assert service.rows(ExternalIdentity) == []
    assert {entry.action for entry in service.rows(AuditEntry)} == {"account.sign_in_failed"}
    assert all("@" not in str(entry.details) for entry in service.rows(AuditEntry))


def test_the_way_back_is_good_once_and_in_one_browser(service: Service):
    """Another state, another browser's, none; a code again; what another provider says."""
    browser, stranger = requests.Session(), requests.Session()
    address = at_provider(service, browser, KNOWN)
    service.begin(stranger)
    state = parse_qs(urlsplit(address).query)["state"][0]
    for wrong in (
        address.replace(state, "x" * len(state)),
        address.replace(f"state={state}", ""),
        address.replace("iss=", "iss=x"),
        f"{service.back}?error=access_denied&state={state}",
        f"{service.back}?state=%00&code[]=1",
        service.back,
    ):
        assert refused(come_back(browser, wrong)), wrong
    assert refused(come_back(stranger, address))
    assert service.user(browser) is service.user(stranger) is None
    browser = requests.Session()
    address = at_provider(service, browser, KNOWN)
    before = requests.Session()
    before.cookies.update(browser.cookies)
    assert come_back(browser, address).status_code == 302
    assert refused(come_back(browser, address))
    # Also with the cookie of before: it is the provider that takes a code only once.
    assert refused(come_back(before, address))
    assert service.user(before) is None


def test_another_code_is_refused(service: Service):
    """One that the provider never gave, and one that it gave to another browser."""
    browser, other = requests.Session(), requests.Session()
    others = parse_qs(urlsplit(at_provider(service, other, KNOWN)).query)["code"][0]
    for code in ("nothing", others):
        address = at_provider(service, browser, "administrator@bailey.example")
        own = parse_qs(urlsplit(address).query)["code"][0]
        assert refused(come_back(browser, address.replace(own, code)))
        assert service.user(browser) is None


def test_many_ways_to_the_provider_do_not_fill_the_cookie(service: Service):
    """The last one is good."""
    browser = requests.Session()
    for _ in range(40):
        service.begin(browser)
    # Browsers take no cookie of more than 4 KiB.
    assert len(browser.cookies["bailey"]) < 4000
    assert come_back(browser, at_provider(service, browser, KNOWN)).status_code == 302
    assert service.user(browser) == KNOWN


def test_a_service_without_a_provider_has_no_such_way(app: APIFlask):
    """404."""
    for path in ("", "/callback?code=1&state=1"):
        assert app.test_client().get(f"/api/v1/account/openid{path}").status_code == 404


@pytest.mark.parametrize("issuer", ["http://sign.in.example", "ftp://localhost", "sign.in"])
def test_a_provider_is_reached_by_https(tmp_path: Path, issuer: str):
    """Unless it is on this machine."""
    settings = Settings(home=str(tmp_path), database_url="sqlite://", oidc_issuer=issuer)
    with pytest.raises(InvalidInput, match="BAILEY_OIDC_ISSUER"):
        create_app(settings)
