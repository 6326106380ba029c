"""Threads that ask the database, so that no stream ever waits for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask
from sqlalchemy.orm import Session

from serve.database import reading

Result = TypeVar("Result")

#: Threads that read events, and those that look who somebody is: a crowd that comes back at once
#: must not keep events from those who listen.
READERS, CHECKERS = 2, 4


class Reader:
    """Does blocking work of an application in a few threads."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._readers = ThreadPoolExecutor(READERS, "events-reader")
        self._checkers = ThreadPoolExecutor(CHECKERS, "events-checker")

    async def read(self, work: Callable[[Session], Result]) -> Result:
        """Return what work with a session that only reads comes to."""

        def done() -> Result:
            with self.app.app_context(), reading() as session:
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(self._readers, done)

    async def check(self, work: Callable[[], Result]) -> Result:
        """Return what a look at who somebody is comes to."""
        return await asyncio.get_running_loop().run_in_executor(self._checkers, work)

    def close(self) -> None:
        """Begin nothing more."""
        for threads in (self._readers, self._checkers):
            threads.shutdown(wait=False, cancel_futures=True)
