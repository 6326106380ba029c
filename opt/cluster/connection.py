"""Connecting to Ray: a cluster of this machine's own, or one that is there already."""

import logging
import math
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch

from objective import InvalidInput
from objective.errors import probability, whole_number

#: Most actors that one process may direct.
MOST_ACTORS = 10_000
#: Seconds within which the head of a cluster has to answer.
ANSWER_SECONDS = 5.0
#: Bytes that a cluster of this machine's own may hold in shared memory.
STORE_BYTES = 256 * 2**20
#: What a client and a server of HTTP/2, which Ray speaks, open a connection with (RFC 9113).
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
SETTINGS = 4


def import_ray() -> ModuleType:
    """Import Ray; raise `InvalidInput` that says how to install it where it is not."""
    # A clinic's computations are nobody else's business: Ray reports its use unless told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray's workers give way to all other processes by default, which starves them where much runs.
    os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        import ray
        import ray.cloudpickle
        import ray.exceptions
    except ImportError:
        allowed = "local; for ray, install it: pip install 'bailey[ray]'"
        raise InvalidInput("workers.name", "ray", allowed) from None
    return ray


class Connection:
    """A connection to Ray, made unless this process has one, and closed only if it was made here.

    Parameters
    ----------
    actors
        How many processes are wanted; by default one per GPU, or one per processor core if no GPUs
        are asked for.
    gpus_per_actor
        Share of a GPU that each of them gets, 0 to 1.
    address
        ``host:port`` of a cluster's head, of which this machine is a node; ``auto`` for the cluster
        that runs on this machine; None for one of this process alone.

    Raises
    ------
    InvalidInput
        If an argument is out of range, if Ray is not installed, if no cluster answers there, or if
        it has no GPUs and some are asked for.
    """

    def __init__(self, actors: int | None, gpus_per_actor: float, address: str | None) -> None:
        if actors is not None:
            actors = whole_number("workers.actors", actors, 1, MOST_ACTORS)
        share = probability("workers.gpus_per_actor", gpus_per_actor, "from 0 to 1")
        if address is not None and (not isinstance(address, str) or not _is_address(address)):
            allowed = "host:port of the head of a Ray cluster, auto, or null for one of its own"
            raise InvalidInput("workers.address", address, allowed)
        self.ray: Any = import_ray()
        self._mine = not self.ray.is_initialized()
        if not self._mine:
            self._check_joined(address)
        elif address:
            self._join(address)
        else:
            self._start(actors, share)
        try:
            self.actors = self._number(actors, share)
        except InvalidInput:
            self.close()
            raise
        self.gpus_per_actor = share

    def close(self) -> None:
        """Leave the cluster; end it if it is this process's own."""
        if self._mine:
            with _uninterrupted():
                self.ray.shutdown()

    def _check_joined(self, address: str | None) -> None:
        """Refuse an address other than that of the cluster which this process has joined."""
        joined = self.ray.get_runtime_context().gcs_address
        if address not in (None, "auto", joined):
            allowed = f"{joined}, auto or null: this process has joined that cluster already"
            raise InvalidInput("workers.address", address, allowed)

    def _start(self, actors: int | None, share: float) -> None:
        gpus = torch.cuda.device_count()
        if share and not gpus:
            allowed = "0: there is no CUDA device here"
            raise InvalidInput("workers.gpus_per_actor", share, allowed)
        self._init("local", num_cpus=actors, num_gpus=gpus, object_store_memory=STORE_BYTES)

    def _join(self, address: str) -> None:
        allowed = "the address of a Ray cluster that can be joined from here"
        if address != "auto" and not _answers(address):
            # Ray itself would wait for minutes and end the process.
            raise InvalidInput("workers.address", address, f"{allowed}: none answers")
        try:
            self._init(address)
        except (OSError, RuntimeError, ValueError) as error:
            why = str(error).strip().partition("\n")[0]
            raise InvalidInput("workers.address", address, f"{allowed}: {why}") from None

    def _init(self, address: str, **options: Any) -> None:
        self.ray.init(
            address,
            include_dashboard=False if options else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
            **options,
        )

    def _number(self, actors: int | None, share: float) -> int:
        """Return how many actors there are to be."""
        there = self.ray.cluster_resources()
        gpus = there.get("GPU", 0.0)
        if share and gpus < share:
            allowed = "0: the cluster has no GPU"
            raise InvalidInput("workers.gpus_per_actor", share, allowed)
        room = math.floor(gpus / share) if share else int(there.get("CPU", 1.0))
        return actors or max(room, 1)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C, because a shutdown that is interrupted leaves processes behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_address(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return address == "auto" or (bool(host) and "/" not in host and port.isdigit())


def _answers(address: str) -> bool:
    """Return whether something that speaks as Ray does answers at ``host:port``."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS) as link:
            if os.environ.get("RAY_USE_TLS") == "1":
                return True
            link.settimeout(ANSWER_SECONDS)
            link.sendall(PREFACE)
            return link.recv(9)[3:4] == bytes([SETTINGS])
    except (OSError, OverflowError):
        return False
