"""A PostgreSQL server of the tests' own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: Debian's user for PostgreSQL, which refuses to run as root.
USER = "postgres"


@dataclass(frozen=True)
class Server:
    """A server on a cluster of its own, reached through a socket in its folder.

    Attributes
    ----------
    programs, folder
        Where PostgreSQL's programs are, and where the cluster is.
    """

    programs: Path
    folder: Path

    @property
    def url(self) -> str:
        """Address of its first database."""
        return f"postgresql+psycopg://{USER}@/postgres?host={self.folder}"

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL on the cluster."""
        as_user = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        command = [*as_user, str(self.programs / program), "-D", str(self.folder / "data")]
        # The server inherits the output: a pipe would stay open as long as it runs.
        subprocess.run(
            [*command, *arguments],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )

    def start(self) -> None:
        """Start the server."""
        # Nobody needs the data after the run, so that nothing waits for the disk.
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        log = str(self.folder / "log")
        self.run("pg_ctl", "--wait", "--options", options, "--log", log, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server: ``fast`` ends transactions, ``immediate`` is like a crash."""
        self.run("pg_ctl", "--wait", "--mode", mode, "stop")

    def restart(self, mode: str) -> None:
        """Stop the server in a mode, and start it again."""
        self.stop(mode)
        self.start()


@contextmanager
def private_server(programs: Path) -> Iterator[Server]:
    """Run a server on an empty cluster."""
    folder = Path(tempfile.mkdtemp(prefix="bailey-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    server = Server(programs, folder)
    try:
        server.run(
            "initdb", "--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync"
        )
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
