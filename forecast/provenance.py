"""With what code, and from what command, something came about."""

import subprocess
from importlib import metadata
from pathlib import Path

import torch
from hydra.core.hydra_config import HydraConfig


def provenance() -> dict[str, str]:
    """Return the versions of the code, and how to run the command again, as far as known."""
    versions = {"bailey": metadata.version("bailey"), "torch": torch.__version__}
    commit = code_version()
    if commit is not None:
        versions["commit"] = commit
    if HydraConfig.initialized():
        overrides = HydraConfig.get().overrides.task
        versions["command"] = " ".join(["python -m forecast", *map(_quoted, overrides)])
    return versions


def code_version() -> str | None:
    """Return the commit of git that the code is at, with -dirty if it was changed; None if none."""
    root = Path(__file__).parents[1]
    # Installed code may lie in somebody else's repository, whose commits say nothing of it.
    if not (root / ".git").exists():
        return None
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _quoted(override: str) -> str:
    safe = all(one.isalnum() or one in "._-=/+,:~@" for one in override)
    return override if safe else "'" + override.replace("'", "'\\''") + "'"
