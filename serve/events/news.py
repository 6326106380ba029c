"""How the server of events learns that something happened, whichever the database.

PostgreSQL says so; on SQLite the number of the last event is looked at often. Either may fail, so
that feeds look by themselves every few seconds too.
"""

import asyncio
import logging
from contextlib import suppress
from uuid import UUID

import psycopg
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from serve.events.announce import CHANNEL
from serve.events.hub import Hub
from serve.models import Event

logger = logging.getLogger(__name__)

#: Seconds between two looks at the number of the last event.
LOOK = 0.2
#: Seconds after which a silent connection is tried, and between two attempts to connect.
SILENCE, AGAIN = 10.0, 0.5


async def bring_news(hub: Hub, url: str) -> None:
    """Wake feeds when there is news, until it is cancelled."""
    if make_url(url).get_backend_name() == "sqlite":
        await _look(hub)
    else:
        await _listen(hub, url)


async def _look(hub: Hub) -> None:
    seen = None
    while True:
        await asyncio.sleep(LOOK)
        if not hub.listened_to:
            continue
        with suppress(SQLAlchemyError):
            last = await hub.reader.read(lambda session: session.scalar(select(func.max(Event.id))))
            if last != seen:
                hub.wake()
            seen = last


async def _listen(hub: Hub, url: str) -> None:
    # As psycopg has it, without the name of SQLAlchemy's driver.
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connected = True
    while True:
        try:
            await _hear(hub, address)
        except (psycopg.Error, OSError, TimeoutError) as error:
            if connected:
                logger.warning("the database says nothing (%s)", type(error).__name__)
            connected = False
        else:
            connected = True
        await asyncio.sleep(AGAIN)


async def _hear(hub: Hub, address: str) -> None:
    """Wake feeds as the database says, until the connection is lost."""
    connection = await psycopg.AsyncConnection.connect(
        address, autocommit=True, connect_timeout=5, application_name="bailey events"
    )
    async with connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        # What happened before, while nobody heard it, is looked for.
        hub.wake()
        while True:
            async for notice in connection.notifies(timeout=SILENCE):
                with suppress(ValueError):
                    hub.wake(UUID(notice.payload))
            # A connection that was cut without a word would be silent for ever.
            async with asyncio.timeout(SILENCE):
                await connection.execute("SELECT 1")
