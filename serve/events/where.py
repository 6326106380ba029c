"""Where the stream of events is, as a client that asks the web server is told."""

from urllib.parse import urlsplit

from serve.settings import Settings

#: The stream's path on the server of events, and that of what is asked instead of it.
STREAM, POLLING = "/events", "/api/v1/events"


def stream_address(settings: Settings, asked_at: str) -> str | None:
    """Return the address of the stream; None if there is none.

    Parameters
    ----------
    asked_at
        The address at which the web server was asked: without a setting that says otherwise the
        stream is at the same host, at the port of the server of events.
    """
    if settings.events_url:
        return settings.events_url
    place = settings.events_place
    if place is None or place[1] == 0:
        return None
    asked = urlsplit(asked_at)
    host = asked.hostname or place[0]
    return f"{asked.scheme}://{f'[{host}]' if ':' in host else host}:{place[1]}{STREAM}"
