"""Write cuda.lock: requirements.lock with what PyTorch for GPUs of NVIDIA needs beside it.

Run from the root of the repository with pip's usual index: python deploy/image/render_cuda_lock.py.
Nothing is installed or fetched but descriptions of packages.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK, CUDA_LOCK = ROOT / "requirements.lock", Path(__file__).parent / "cuda.lock"
HEAD = "# Exact versions for GPUs of NVIDIA; made by render_cuda_lock.py from requirements.lock."


def pins(lock: Path) -> dict[str, str]:
    """Return the version of each package of a lock, by its name as it is compared."""
    lines = (line.strip() for line in lock.read_text().splitlines())
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {name.lower().replace("_", "-"): version for name, version in pairs}


def resolved(version: str) -> dict[str, str]:
    """Return PyTorch of a version and all that it needs, as pip would install them."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", report.name]
        command += ["--constraint", str(LOCK), f"torch=={version}"]
        subprocess.run([sys.executable, "-m", "pip", *command], check=True)
        found = json.loads(Path(report.name).read_text())["install"]
    metadata = [one["metadata"] for one in found]
    return {one["name"].lower().replace("_", "-"): one["version"] for one in metadata}


def render() -> str:
    """Return the contents of cuda.lock."""
    locked = pins(LOCK)
    needed = resolved(locked["torch"])
    if not any(name.startswith("nvidia-") for name in needed):
        raise SystemExit("pip found PyTorch for CPUs: run it without other places to look in")
    together = {**needed, **locked}
    return "\n".join([HEAD, *(f"{name}=={together[name]}" for name in sorted(together)), ""])


if __name__ == "__main__":
    CUDA_LOCK.write_text(render())
