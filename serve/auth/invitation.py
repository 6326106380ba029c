"""Invitations: a text by which a user sets a first password, or a new one; signed, and good once.

The text names the user's sign-in epoch, which setting a password raises: with that, the invitation
and every other one of the user is over.
"""

from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy.orm import Session

from serve.auth.passwords import check_password, hash_password
from serve.auth.sign_in import set_password
from serve.auth.tokens import ALGORITHM, ISSUER
from serve.auth.trail import write_down
from serve.database import lock, reading, transaction
from serve.errors import SignInNeeded
from serve.models import User

#: How long an invitation is good.
LIFE = timedelta(days=3)
#: What tells an invitation from a token of the API, which the same key signs.
AUDIENCE = "invitation"


def invite(user: User, key: str, now: datetime) -> tuple[str, datetime]:
    """Return the text of an invitation, and until when it is good."""
    until = now + LIFE
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user.id),
        "epoch": user.sign_in_epoch,
        "exp": int(until.timestamp()),
    }
    return jwt.encode({"alg": ALGORITHM}, claims, OctKey.import_key(key)), until


def accept(text: str, password: str, key: str, now: datetime) -> None:
    """Set the password of whom an invitation names.

    Raises
    ------
    SignInNeeded
        If the invitation is forged, over or used, or the user is not active.
    InvalidInput
        If the password is easily guessed; the invitation stays good.
    """
    refused = SignInNeeded("The invitation is not valid any more: ask for a new one.")
    try:
        claims = jwt.decode(text, OctKey.import_key(key), algorithms=[ALGORITHM]).claims
        user_id, epoch, until = UUID(claims["sub"]), int(claims["epoch"]), int(claims["exp"])
        meant = claims["iss"] == ISSUER and claims["aud"] == AUDIENCE
    except (JoseError, KeyError, ValueError, TypeError, AttributeError):
        raise refused from None
    with reading() as session:
        user = session.get(User, user_id)
    if not meant or until <= now.timestamp() or user is None:
        raise refused
    check_password(password, user.email)
    hashed = hash_password(password)

    def work(session: Session) -> None:
        kept = lock(session, User, user_id)
        if kept is None or not kept.active or kept.sign_in_epoch != epoch:
            raise refused
        set_password(kept, hashed)
        write_down(session, "account.accept_invitation", kept)

    transaction(work)
