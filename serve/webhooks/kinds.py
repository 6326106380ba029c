"""The kinds of events that a webhook may ask for, each or all of a group."""

from collections.abc import Mapping, Sequence

from serve.models.appointment import STATUSES
from serve.models.run import STATES

#: Sent to one webhook on demand, whatever kinds it asks for.
PING = "webhook.ping"
#: What may happen, by what it happens to.
KINDS: Mapping[str, Sequence[str]] = {
    "appointment": (*STATUSES, "moved", "left", "expected"),
    "clinic_day": (
        "published",
        "changed",
        "opened",
        "closed",
        "called_off",
        "deleted",
        "outlook",
        "break_began",
        "break_ended",
    ),
    "import": ("done",),
    "run": STATES,
    "waitlist": ("joined", "offered", "served", "left"),
}


def checked_kind(text: str) -> str:
    """Return a kind such as ``appointment.booked``, or all of a group such as ``appointment.*``.

    Raises
    ------
    ValueError
        If there is none like it; the message has what there is.
    """
    group, _, what = text.partition(".")
    if group not in KINDS:
        groups = ", ".join(f"{one}.*" for one in KINDS)
        raise ValueError(f"must be a kind of event, or all of a group: {groups}")
    if what not in ("*", *KINDS[group]):
        kinds = ", ".join(f"{group}.{one}" for one in ("*", *KINDS[group]))
        raise ValueError(f"must be one of {kinds}")
    return text


def asks_for(kinds: Sequence[str], kind: str) -> bool:
    """Return whether a webhook that asks for some kinds, or for all by none, is sent one."""
    return not kinds or kind in kinds or f"{kind.partition('.')[0]}.*" in kinds
