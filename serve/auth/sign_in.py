"""Signing in by e-mail and password, and what keeps others from guessing them.

An unknown address, a wrong password, a locked and an inactive account get the same answer after
the same work. After some wrong passwords no password is taken for a while, which grows with each
further one; the count is kept with the user, under a lock, so that guesses that come at once
count one by one.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.auth.passwords import check_password, hash_password, is_outdated, matches
from serve.auth.trail import write_down
from serve.database import lock, reading, transaction
from serve.errors import SignInNeeded
from serve.models import User

#: Wrong passwords before none is taken, for how long at first, and at most.
GUESSES = 5
FIRST_LOCK, LONGEST_LOCK = timedelta(minutes=15), timedelta(days=1)

REFUSED = (
    "The e-mail address or the password is not right, or there were too many attempts: "
    "try again in a while."
)


def sign_in(email: str, password: str, now: datetime) -> User:
    """Return who has an e-mail address and a password; raise `SignInNeeded` for nobody."""
    with reading() as session:
        found = session.scalar(select(User).where(User.email == email.lower()))
    user = _prove(found, password, now, "account.sign_in")
    if user is None:
        raise SignInNeeded(REFUSED)
    return user


def change_password(user_id: UUID, old: str, new: str, now: datetime) -> User:
    """Give a user another password, which ends every session, and return the user.

    Raises
    ------
    InvalidInput
        If the new password is easily guessed, or the old one wrong, which counts as at sign-in.
    """
    allowed = "your present password; after several wrong ones none is taken for a while"
    wrong = InvalidInput("old", "the password", allowed)
    with reading() as session:
        found = session.get(User, user_id)
    if found is not None:
        check_password(new, found.email, "new")
    user = _prove(found, old, now, "account.prove")
    if user is None:
        raise wrong
    hashed = hash_password(new)

    def work(session: Session) -> User:
        kept = lock(session, User, user_id)
        if kept is None or kept.password_hash != user.password_hash:
            raise wrong
        set_password(kept, hashed)
        write_down(session, "account.change_password", kept)
        return kept

    return transaction(work)


def set_password(user: User, hashed: str) -> None:
    """Give a user, whose row is locked, another password, and end every session."""
    user.password_hash = hashed
    user.failed_sign_ins, user.locked_until = 0, None
    user.sign_in_epoch += 1


def _prove(found: User | None, password: str, now: datetime, action: str) -> User | None:
    """Return the user whose password it is; None, and count it, if it is not."""
    # Outside of the transaction: it takes long, and others write meanwhile.
    kept = None if found is None else found.password_hash
    right = matches(kept, password)
    renewed = hash_password(password) if right and kept and is_outdated(kept) else kept

    def work(session: Session) -> User | None:
        user = None if found is None else lock(session, User, found.id)
        if user is None or not user.active or user.password_hash != kept:
            write_down(session, f"{action}_failed", user)
            return None
        if user.locked_until is not None and user.locked_until > now:
            write_down(session, f"{action}_failed", user, details={"locked": True})
            return None
        if not right:
            _count(session, user, now)
            write_down(session, f"{action}_failed", user)
            return None
        # Not by the row itself: a sign-in is no change that others must have read.
        _update(session, user, password_hash=renewed, failed_sign_ins=0, locked_until=None)
        write_down(session, action, user, "session")
        return user

    return transaction(work)


def _count(session: Session, user: User, now: datetime) -> None:
    """Count a wrong password, and lock the account from the fifth on, longer each time."""
    failed = user.failed_sign_ins + 1
    until = None
    if failed >= GUESSES:
        until = now + min(FIRST_LOCK * 2 ** min(failed - GUESSES, 10), LONGEST_LOCK)
    _update(session, user, failed_sign_ins=failed, locked_until=until)


def _update(session: Session, user: User, **values: object) -> None:
    session.execute(update(User).where(User.id == user.id).values(**values))
    session.refresh(user)
