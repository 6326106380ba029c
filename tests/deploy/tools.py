"""Programs that check what is deployed: found, or said by name to be missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Programs that continuous integration installs, and how; it does not do without them.
INSTALLED = {
    "buildah": "apt-get install buildah",
    "check-jsonschema": "make .venv/.all",
    "checkov": "make .venv/.checkov",
    "crun": "apt-get install crun",
    "hadolint": "make .venv/.all",
    "kubernetes-validate": "make .venv/.all",
    "mmdebstrap": "apt-get install mmdebstrap",
    "promtool": "apt-get install prometheus",
    "shellcheck": "apt-get install shellcheck",
}
#: Programs that a machine has or has not.
ELSEWHERE = {
    "kubectl": "https://kubernetes.io/docs/tasks/tools/",
    "terraform": "https://developer.hashicorp.com/terraform/install",
}


def needs(name: str) -> str:
    """Return the path of a program; skip the test where it is missing."""
    own = (Path(sys.executable).parent, ROOT / ".venv/checkov/bin")
    places = os.pathsep.join([*map(str, own), os.environ.get("PATH", "")])
    path = shutil.which(name, path=places)
    if path is not None:
        return path
    if name in INSTALLED:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing: {INSTALLED[name]}")
        pytest.skip(f"needs {name}: {INSTALLED[name]}")
    pytest.skip(f"needs {name}: {ELSEWHERE[name]}")


def ran(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; return what it said and how it ended."""
    given = [str(one) for one in command]
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        given, **{"capture_output": True, "text": True, "timeout": 600, **options}
    )


def run(*command: str | Path, **options: object) -> str:
    """Run a program to its end; return what it says, or fail with it."""
    done = ran(*command, **options)
    said = f"{' '.join(map(str, command))}\n{done.stdout[-6000:]}{done.stderr[-6000:]}"
    assert done.returncode == 0, said
    return done.stdout
