"""Sessions in browsers: a signed cookie, good for hours, and ended everywhere at once by the user.

The cookie says who signed in, when, when last seen, and by which epoch of the user: raising that
ends every session. A change needs the session's own token in a header or a form, which no other
site can read.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Flask, request
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.orm import Session

from serve.errors import Forbidden
from serve.models import User
from serve.settings import Settings

#: How long a session lasts, and how long without a request.
LONGEST, IDLE = timedelta(hours=12), timedelta(hours=1)
#: How old what the cookie says of the last request may be, so that few answers set it.
NOTED = timedelta(minutes=1)
#: The header with the session's token, which every change needs, and its place in a form.
CSRF_HEADER, CSRF_FIELD = "X-CSRF-Token", "csrf_token"
#: Methods that change nothing.
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """Whom a cookie names; whether that still holds, the database says.

    Attributes
    ----------
    user_id, epoch
        The user, and its ``sign_in_epoch`` at sign-in.
    """

    user_id: UUID
    epoch: int

    def get_id(self) -> str:
        """Return what the cookie keeps."""
        return f"{self.user_id}.{self.epoch}"


def register_sessions(app: Flask) -> None:
    """Let an application keep sessions."""
    settings: Settings = app.config["SETTINGS"]
    secure = settings.secure_cookies == "true"
    app.config.update(
        # With the prefix, browsers take the cookie from this host and over HTTPS only.
        SESSION_COOKIE_NAME="__Host-bailey" if secure else "bailey",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
    )
    manager = LoginManager()
    # Addresses of phones change on the way; the epoch and the limits end a session instead.
    manager.session_protection = None
    manager.user_loader(_signed_in)
    manager.init_app(app)


def _signed_in(text: str) -> SignedIn | None:
    user_id, _, epoch = text.partition(".")
    try:
        return SignedIn(UUID(user_id), int(epoch))
    except ValueError:
        return None


def begin(user: User, now: datetime) -> None:
    """Begin a session of a user, with nothing left of the one before."""
    cookie.clear()
    login_user(SignedIn(user.id, user.sign_in_epoch))
    cookie["since"] = cookie["seen"] = int(now.timestamp())
    cookie["csrf"] = secrets.token_urlsafe(32)


def end() -> None:
    """End the session in this browser."""
    logout_user()
    cookie.clear()


def user_of_session(session: Session, now: datetime) -> User | None:
    """Return whose session the request has; None without one, or if it is over.

    Raises
    ------
    Forbidden
        If the request changes something and does not have the session's token.
    """
    if not current_user.is_authenticated:
        return None
    user = session.get(User, current_user.user_id)
    if user is None or not user.active or user.sign_in_epoch != current_user.epoch:
        return None
    since, seen = (datetime.fromtimestamp(cookie.get(one, 0), UTC) for one in ("since", "seen"))
    if now - since >= LONGEST or now - seen >= IDLE:
        return None
    if request.method not in SAFE and not _has_token():
        raise Forbidden(f"Send {CSRF_HEADER} with the token that /api/v1/account tells.")
    if now - seen >= NOTED:
        cookie["seen"] = int(now.timestamp())
    return user


def csrf_token() -> str | None:
    """Return the token of the request's session; None if it has none."""
    return cookie.get("csrf") if current_user.is_authenticated else None


def _has_token() -> bool:
    kept = cookie.get("csrf", "")
    sent = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    return bool(kept) and secrets.compare_digest(kept.encode(), sent.encode())
