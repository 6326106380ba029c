"""API tokens: signed, limited to some actions, good until they end or are revoked (RFC 7519)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.auth.actor import Actor, actor_of
from serve.auth.policy import POLICY
from serve.errors import SignInNeeded
from serve.models import ApiToken, User

ALGORITHM, ISSUER = "HS256", "bailey"
#: Longest life of a token, days.
LONGEST = 365


def issue(
    session: Session,
    user: User,
    name: str,
    scopes: Collection[str],
    days: int,
    key: str,
    now: datetime,
    until: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Return a new token and its text, which is not kept.

    Parameters
    ----------
    until
        When it ends at the latest, whatever its days.

    Raises
    ------
    InvalidInput
        If a scope is no action, or the life is not from 1 to 365 days.
    """
    for scope in scopes:
        if scope not in POLICY:
            raise InvalidInput("scopes", scope, "actions such as appointment.read")
    if not 1 <= days <= LONGEST:
        raise InvalidInput("days", days, f"a whole number from 1 to {LONGEST}")
    ends = now + timedelta(days=days)
    token = ApiToken(
        user_id=user.id,
        name=name,
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=ends if until is None else min(ends, until),
    )
    session.add(token)
    session.flush()
    claims = {
        "iss": ISSUER,
        "jti": str(token.id),
        "sub": str(user.id),
        "exp": int(token.expires_at.timestamp()),
    }
    return token, jwt.encode({"alg": ALGORITHM}, claims, OctKey.import_key(key))


def actor_with(session: Session, text: str, key: str, now: datetime) -> Actor:
    """Return who a token acts for; raise `SignInNeeded` if it is forged, over or revoked."""
    refused = SignInNeeded("The token is not valid: make a new one.")
    try:
        claims = jwt.decode(text, OctKey.import_key(key), algorithms=[ALGORITHM]).claims
        identifier, owner = UUID(claims["jti"]), UUID(claims["sub"])
    except (JoseError, KeyError, ValueError, TypeError, AttributeError):
        raise refused from None
    token = session.get(ApiToken, identifier)
    user = session.get(User, owner)
    if token is None or user is None or token.user_id != user.id or not user.active:
        raise refused
    if claims.get("iss") != ISSUER or token.revoked_at is not None or token.expires_at <= now:
        raise refused
    return actor_of(session, user, "token", frozenset(token.scopes), token.expires_at)
