"""Kinds of notices, and by which channels they go out."""

from serve.settings import Settings

#: What a patient may be told: that a visit is booked, comes near, has another time, will not take
#: place, begins later, or that a seat is offered.
KINDS = ("confirmation", "reminder", "change", "cancellation", "delay", "offer")
#: Those that say what became of a visit: the last one that was sent is what its patient knows.
NEWS = ("confirmation", "change", "cancellation")
#: What patients choose from.
WAYS = ("email", "sms")
#: Channels of the outbox by which each goes out; mail is written to files if there is no server.
CHANNELS_OF = {"email": ("email", "file"), "sms": ("apprise",)}


def channel_for(way: str, settings: Settings) -> str | None:
    """Return the channel by which notices now go out that way; None if there is none."""
    if way == "email":
        return "email" if settings.smtp_url else "file"
    return "apprise" if settings.apprise_urls else None


def way_of(channel: str) -> str:
    """Return what the patients call a channel."""
    return next(way for way, channels in CHANNELS_OF.items() if channel in channels)
