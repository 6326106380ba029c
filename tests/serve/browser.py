"""Somebody with a browser: cookies, and the session's token in a header."""

from typing import Any
from uuid import UUID, uuid4

from apiflask import APIFlask
from werkzeug.test import TestResponse

from serve.auth.passwords import hash_password
from serve.database import transaction
from serve.models import User

PASSWORD = "vier rode fietsen in de regen"


class Browser:
    """Calls the API with a session."""

    def __init__(self, app: APIFlask) -> None:
        self.client = app.test_client()
        self.csrf: str | None = None

    def __call__(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        """Send a request to a path beneath /api/v1."""
        sent = {"Idempotency-Key": uuid4().hex}
        if self.csrf is not None:
            sent["X-CSRF-Token"] = self.csrf
        more = {} if json is None else {"json": json}
        return self.client.open(f"/api/v1{path}", method=method, headers=sent | headers, **more)

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Try to sign in, and keep the session's token."""
        sent = {"email": email, "password": password}
        answer = self("POST", "/account/sign-in", sent)
        if answer.status_code == 200:
            self.csrf = answer.get_json()["csrf_token"]
        return answer

    @property
    def signed_in(self) -> bool:
        """Whether the session is good."""
        status = self("GET", "/account").status_code
        assert status in (200, 401)
        return status == 200


def give_password(user_id: UUID, password: str = PASSWORD) -> None:
    """Let a user sign in with a password; needs an application context."""
    hashed = hash_password(password)

    def work(session: Any) -> None:
        session.get(User, user_id).password_hash = hashed

    transaction(work)
