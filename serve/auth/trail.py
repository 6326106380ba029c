"""What the audit says of signing in, which no endpoint's `Call` writes down."""

from typing import Any

from flask import g, has_request_context, request
from sqlalchemy.orm import Session

from serve.auth.actor import By
from serve.clock import now
from serve.models import AuditEntry, User


def write_down(
    session: Session,
    action: str,
    user: User | None,
    by: By = "nobody",
    details: dict[str, Any] | None = None,
) -> None:
    """Add what a user did to the audit; of an unknown one nothing is kept that was sent."""
    entry = AuditEntry(
        practice_id=None if user is None else user.practice_id,
        at=now(),
        user_id=None if user is None else user.id,
        by=by,
        action=action,
        subject="user",
        subject_id=None if user is None else user.id,
        details=details or {},
    )
    if has_request_context():
        entry.address = str(request.remote_addr or "")[:60]
        entry.request_id = str(g.get("request_id", ""))[:64]
    session.add(entry)
