"""Users of a practice: their roles, and that one administrator always remains."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from serve.database import lock
from serve.errors import Conflict
from serve.models import Practice, User, UserRole

ADMINISTRATOR = "administrator"


def set_roles(user: User, roles: Collection[str]) -> None:
    """Give a user some roles, and no others."""
    before = {role.role: role for role in user.roles}
    if set(before) == set(roles):
        return
    user.roles = [before.get(role) or UserRole(role=role) for role in sorted(set(roles))]
    # A change of roles is one of the user: whoever read the old ones must read again.
    flag_modified(user, "name")


def set_active(user: User, active: bool) -> None:
    """Let a user sign in, or no longer, which ends every session."""
    if user.active and not active:
        user.sign_in_epoch += 1
    user.active = active


def keep_an_administrator(session: Session, user: User) -> None:
    """Raise `Conflict` if a practice has no active administrator after a change of a user.

    The practice is locked, so that two administrators do not take each other's role at once.
    """
    lock(session, Practice, user.practice_id)
    session.flush()
    left = session.scalar(
        select(func.count())
        .select_from(User)
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.practice_id == user.practice_id, User.active, UserRole.role == ADMINISTRATOR)
    )
    if not left:
        raise Conflict("A practice needs an administrator.", "last_administrator")
