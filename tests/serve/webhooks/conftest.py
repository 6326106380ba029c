"""A service whose webhooks may be sent to this machine, targets on it, and what sends to them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from apiflask import APIFlask

from serve.settings import Settings
from serve.webhooks.deliveries import Deliveries
from tests.serve.booking.conftest import books
from tests.serve.conftest import KEY
from tests.serve.webhooks.target import Target

__all__ = ["books"]


@pytest.fixture
def settings(database_url: str, tmp_path: Any) -> Settings:
    """Settings of a service that may send to this machine."""
    return Settings(
        home=str(tmp_path), database_url=database_url, secret_key=KEY, rate_limit="",
        webhook_allow="127.0.0.1,hooks.example",
    )  # fmt: skip


@pytest.fixture
def target() -> Iterator[Target]:
    """A server that takes what is sent to it."""
    with Target() as one:
        yield one


@contextmanager
def sending(app: APIFlask, **more: Any) -> Iterator[None]:
    """Send to webhooks meanwhile, as a worker does, which only looks less often."""
    stop = threading.Event()
    thread = threading.Thread(target=Deliveries(app, every=0.05, **more).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=60)
        assert not thread.is_alive()


def wait_until(happened: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Return what is true at last."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = happened()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")
