"""Tokens by which programs act for a user, and no further than the user may."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import current_app
from pydantic import Field
from sqlalchemy import select

from objective import InvalidInput
from serve.api.call import Call
from serve.api.fields import Name, Sent, Told
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.auth.policy import reach
from serve.auth.tokens import LONGEST, issue
from serve.errors import SignInNeeded
from serve.models import ApiToken, User

tokens = APIBlueprint("tokens", __name__, url_prefix="/api/v1")


Action = Annotated[str, Field(max_length=60)]


class TokenIn(Sent):
    """A token to make."""

    name: Name
    scopes: Annotated[
        list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=200)
    ]
    days: Annotated[int, Field(strict=True, ge=1, le=LONGEST)] = 90


class TokenOut(Told):
    """A token, without its text."""

    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class NewTokenOut(TokenOut):
    """A new token; its text is told this once, and is kept nowhere."""

    told_once = frozenset({"text"})
    text: str | None


class TokensOut(PageOut):
    """A page of tokens."""

    items: list[TokenOut]


@route(tokens, "GET", "/tokens", "token.read", "List one's tokens", query=PageIn, gives=TokensOut)
def get_tokens(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of the tokens of whoever asks, the latest first."""
    query = select(ApiToken).where(ApiToken.user_id == call.actor.user_id)
    return page(call.session, query, (ApiToken.created_at, ApiToken.id), asked, latest_first=True)


@route(
    tokens, "POST", "/tokens", "token.change", "Make a token",
    takes=TokenIn, gives=NewTokenOut, status=201,
)  # fmt: skip
def post_token(call: Call, given: TokenIn) -> dict[str, Any]:
    """Make a token of whoever asks, for some of what the user may do."""
    for scope in given.scopes:
        # Through a token only what that token may do itself is handed on.
        if not _allows(call, scope):
            raise InvalidInput("scopes", "an action", "actions that you may do")
    user = None if call.actor.user_id is None else call.session.get(User, call.actor.user_id)
    if user is None:
        raise SignInNeeded
    key = current_app.config["SECRET_KEY"]
    # A token that a token makes does not outlive it.
    made, text = issue(
        call.session, user, given.name, given.scopes, given.days, key, call.now, call.actor.until
    )
    call.note("api_token", made.id, details={"scopes": made.scopes})
    return {**TokenOut.model_validate(made).model_dump(), "text": text}


@route(
    tokens, "POST", "/tokens/<uuid:token_id>/revoke", "token.change", "Revoke a token",
    gives=TokenOut, effect="makes",
)  # fmt: skip
def post_revoke_token(call: Call, token_id: UUID) -> ApiToken:
    """End a token at once; one that is revoked stays so."""
    found = call.find_to_change(ApiToken, token_id)
    if found.revoked_at is None:
        found.revoked_at = call.now
        call.note("api_token", found.id, details={"what": "revoke"})
    return found


def _allows(call: Call, scope: str) -> bool:
    try:
        return reach(call.actor, scope) is not None
    except KeyError:
        return False
