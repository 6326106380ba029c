"""A PostgreSQL server of the tests' own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Debian's user for PostgreSQL, which refuses to run as root.
USER = "postgres"


@contextmanager
def private_server(programs: Path) -> Iterator[str]:
    """Run a server on an empty cluster, reached through a socket in its own folder."""
    folder = Path(tempfile.mkdtemp(prefix="bailey-postgres-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
        as_user = ["runuser", "-u", USER, "--"]
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(programs / program), "-D", str(data), *arguments]
        # The server inherits the output: a pipe would stay open as long as it runs.
        subprocess.run(
            command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )

    try:
        run("initdb", "--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        # Nobody needs the data after the run, so that nothing waits for the disk.
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "--wait", "--options", options, "--log", str(folder / "log"), "start")
        try:
            yield f"postgresql+psycopg://{USER}@/postgres?host={folder}"
        finally:
            run("pg_ctl", "--wait", "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
