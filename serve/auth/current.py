"""Who sends the request in hand."""

from flask import current_app, request
from sqlalchemy.orm import Session

from serve.auth.actor import NOBODY, Actor, actor_of
from serve.auth.session import user_of_session
from serve.auth.tokens import actor_with
from serve.clock import now, waking_hours


def current_actor(session: Session) -> Actor:
    """Return who sends the request, by its token or else its session.

    Raises
    ------
    SignInNeeded
        If it has a token that is not valid.
    Forbidden
        If it changes something by a session, without the session's own token.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return actor_with(session, token.strip(), current_app.config["SECRET_KEY"], now())
    user = user_of_session(session, waking_hours())
    return NOBODY if user is None else actor_of(session, user, "session")
