"""How uvicorn speaks to clients that listen for hours, and to those who do not read."""

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

#: Bytes that wait for a client that does not read, here and in the system.
BUFFER = 64 * 1024
#: Seconds in which a client must have sent its request.
HURRY = 15.0


class Protocol(H11Protocol):
    """HTTP whose connections are dropped at once when they must be, and keep little."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._hurry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Bound what waits for the client, and tell the application how to drop it."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=BUFFER)
        connected = transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        self.app_state = {**self.app_state, "abort": self._drop}
        self._hurry = self.loop.call_later(HURRY, self._must_have_asked)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for the client no longer."""
        super().connection_lost(exc)
        if self._hurry is not None:
            self._hurry.cancel()

    def _drop(self) -> None:
        """Drop the connection: closing it would wait until the client has read everything."""
        connected = self.transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _must_have_asked(self) -> None:
        if self.scope is None:
            self._drop()
