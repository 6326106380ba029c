"""How tests run ``python -m opt``."""

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from opt.__main__ import main

TIME_LIMIT = 120


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def process(*arguments: str, cwd: Path) -> Done:
    """Run the command in a folder, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "opt", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=TIME_LIMIT,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def command(*arguments: str, cwd: Path, entry: Callable[[], None] = main) -> Done:
    """Run the command in a folder, in this process: torch takes seconds to import."""
    GlobalHydra.instance().clear()
    out, err = io.StringIO(), io.StringIO()
    status: object = 0
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "argv", ["opt", *arguments])
        try:
            entry()
        except SystemExit as end:
            status = end.code
    GlobalHydra.instance().clear()
    return Done(int(str(status or 0)), out.getvalue(), err.getvalue())
