"""Settings of gunicorn: ``gunicorn --config python:serve.gunicorn "serve:create_app()"``.

Each is a variable of the environment where a place differs: ``WEB_CONCURRENCY`` processes,
``BAILEY_THREADS`` threads of each, ``BAILEY_BIND`` the address.
"""

import logging
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from serve.logs import JsonLines
from serve.metrics import SHARED
from serve.settings import settings_from


class WithoutAddresses(logging.Filter):
    """Takes addresses out of what gunicorn says of requests: a secret may be in one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Leave a slash of each address in a warning or an error."""
        if record.levelno >= logging.WARNING:
            record.msg, record.args = re.sub(r"/[^\s\"']+", "/", record.getMessage()), ()
        return True


# Two threads of the numerical libraries on two busy cores are slower than one.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

wsgi_app = "serve:create_app()"
bind = os.environ.get("BAILEY_BIND", "127.0.0.1:5000")
worker_class = "gthread"
# A file of SQLite has one writer: more processes would only wait for each other.
workers = int(os.environ.get("WEB_CONCURRENCY", "1" if settings_from(os.environ).embedded else "2"))
threads = int(os.environ.get("BAILEY_THREADS", "16"))
# Every process has connections of its own, so that none is made before it is there.
preload_app = False
#: Seconds that a request in flight may still take when the server is told to stop.
graceful_timeout = 70
timeout = 120
keepalive = 5
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
proc_name = "bailey"
# Whoever runs it stops it by signals; a socket more would be one more way in.
control_socket_disable = True
logconfig_dict: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": JsonLines}},
    "filters": {"without_addresses": {"()": WithoutAddresses}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "lines",
            "stream": "ext://sys.stderr",
        }
    },
    "loggers": {
        "gunicorn.error": {
            "handlers": ["stderr"],
            "filters": ["without_addresses"],
            "level": "INFO",
            "propagate": False,
        },
        # What it would write of requests has their addresses; `serve.logs` writes its own lines.
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
    "root": {"level": "WARNING", "handlers": []},
}

_made = ""
if workers > 1 and SHARED not in os.environ:
    _made = os.environ[SHARED] = tempfile.mkdtemp(prefix="bailey-metrics-")


def child_exit(server: Any, worker: Any) -> None:
    """Forget what a process that ended counted of itself alone."""
    if SHARED in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Leave no folder behind."""
    if _made:
        shutil.rmtree(_made, ignore_errors=True)
