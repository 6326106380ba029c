"""Packages of npm that tests use, kept from run to run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def npm_package(name: str, version: str) -> Path:
    """Return the folder in which a package is installed; skip, or fail in CI, without npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        if os.environ.get("CI"):
            pytest.fail("node or npm is missing")
        pytest.skip("needs node and npm: apt-get install nodejs npm")
    caches = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = caches / "bailey-tests" / f"{name}-{version}"
    if not (folder / "installed").exists():
        # Beside it first, so that two runs at once do not see half of it.
        new = folder.with_name(f"{folder.name}-{os.getpid()}")
        new.mkdir(parents=True)
        (new / "package.json").write_text("{}")
        command = ["npm", "install", "--no-audit", "--no-fund", f"{name}@{version}"]
        subprocess.run(command, cwd=new, check=True, capture_output=True, timeout=300)
        (new / "installed").touch()
        try:
            new.rename(folder)
        except OSError:
            shutil.rmtree(new)
    return folder
