"""The right to a feed: a secret in its address, for as long as whoever made it may see it all."""

import hashlib
import re
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.auth.actor import actor_of
from serve.database import lock
from serve.errors import Conflict, NotFound
from serve.models import CalendarFeed, Provider, User

#: Random bytes of a secret.
LENGTH = 32
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
#: Most feeds of one user that are not revoked.
MOST = 20


def make_feed(
    session: Session,
    user: User,
    name: str,
    now: datetime,
    patient_id: UUID | None = None,
    provider_id: UUID | None = None,
) -> tuple[CalendarFeed, str]:
    """Return a new feed of a user and its secret, which is not kept.

    Parameters
    ----------
    patient_id, provider_id
        Whose visits it has: one of the two, for whom the user may act.

    Raises
    ------
    Conflict
        If the user has as many as one may have.
    """
    lock(session, User, user.id)
    live = select(func.count()).where(
        CalendarFeed.user_id == user.id, CalendarFeed.revoked_at.is_(None)
    )
    if (session.scalar(live) or 0) >= MOST:
        raise Conflict(f"Nobody has more than {MOST} feeds: revoke one.", "too_many")
    secret = secrets.token_urlsafe(LENGTH)
    made = CalendarFeed(
        practice_id=user.practice_id,
        user_id=user.id,
        patient_id=patient_id,
        provider_id=provider_id,
        name=name,
        token_hash=hash_of(secret),
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made, secret


def hash_of(secret: str) -> str:
    """Return what is kept of a secret; it is random, so that nobody guesses what was hashed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def feed_with(session: Session, secret: str) -> CalendarFeed:
    """Return the feed that a secret opens.

    Raises
    ------
    NotFound
        If there is none, it was revoked, or whoever made it may not see it any more: because the
        user was deactivated, cares for the patient no longer, or is no longer the provider; the
        patient was erased; the provider is not active. All look alike.
    """
    hidden = NotFound("calendar")
    if SECRET.fullmatch(secret) is None:
        raise hidden
    # By its hash: how long the search takes tells nothing of any secret.
    feed = session.scalar(select(CalendarFeed).where(CalendarFeed.token_hash == hash_of(secret)))
    if feed is None or feed.revoked_at is not None:
        raise hidden
    user = session.get(User, feed.user_id)
    if user is None or not user.active:
        raise hidden
    owner = actor_of(session, user, "link")
    if feed.patient_id is not None and feed.patient_id in owner.patient_ids:
        return feed
    if feed.provider_id is not None and feed.provider_id == owner.provider_id:
        provider = session.get(Provider, feed.provider_id)
        if provider is not None and provider.active:
            return feed
    raise hidden
