"""Who sends the request in hand."""

from flask import current_app, request
from sqlalchemy.orm import Session

from serve.auth.actor import NOBODY, Actor
from serve.auth.tokens import actor_with
from serve.clock import now


def current_actor(session: Session) -> Actor:
    """Return who sends the request; raise `SignInNeeded` for a token that is not valid."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return actor_with(session, token.strip(), current_app.config["SECRET_KEY"], now())
    return NOBODY
