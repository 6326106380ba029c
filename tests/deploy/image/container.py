"""The image, really built, and containers of it, really started: by buildah and crun."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.deploy.tools import ROOT, needs, run

DOCKERFILE = ROOT / "deploy/image/Dockerfile"
#: Whom the image runs as.
USER = 10001
#: What of the base the image needs: Debian's Python stands for that of any base.
PACKAGES = "python3,python3-venv,ca-certificates"
#: Starts a container. It limits nothing, but crun wants the second kind of control groups to be
#: there, which a mount of its own gives it where the machine has both kinds.
CRUN = (
    "unshare", "--mount", "sh", "-c",
    'if [ "$(stat --file-system --format %T /sys/fs/cgroup)" != cgroup2fs ]; then '
    "umount --recursive /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; fi; "
    'exec crun --cgroup-manager=disabled "$@"',
    "crun",
)  # fmt: skip
#: Seconds that building may take.
PATIENCE = 1800


@dataclass(frozen=True)
class Image:
    """An image that was built, with its root file system where it can be read.

    Attributes
    ----------
    configuration
        As the image says how it is started.
    size
        Bytes, with those of the base.
    """

    name: str
    root: Path
    configuration: Mapping[str, object]
    size: int

    @property
    def variables(self) -> list[str]:
        """The variables of its environment."""
        found = self.configuration["Env"]
        assert isinstance(found, list)
        return found

    def bundle(
        self, folder: Path, home: Path, command: Sequence[str], more: Mapping[str, str]
    ) -> Path:
        """Write what crun starts: not as root, nothing to write but the home and /tmp."""
        variables = [*self.variables, *(f"{name}={value}" for name, value in more.items())]
        entry = self.configuration["Entrypoint"]
        assert isinstance(entry, list)
        specification = {
            "ociVersion": "1.0.0",
            "process": {
                "user": {"uid": USER, "gid": USER},
                "args": [*entry, *command],
                "env": variables,
                "cwd": self.configuration["WorkingDir"],
                "noNewPrivileges": True,
                "capabilities": {},
            },
            "root": {"path": str(self.root), "readonly": True},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
                 "options": ["nosuid", "mode=755"]},
                {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
                 "options": ["nosuid", "nodev", "mode=1777"]},
                {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs",
                 "options": ["nosuid", "nodev", "mode=1777"]},
                {"destination": "/var/lib/bailey", "type": "bind", "source": str(home),
                 "options": ["rbind", "rw"]},
            ],
            # Its own processes, files and names; the network is the machine's.
            "linux": {"namespaces": [{"type": one} for one in ("pid", "mount", "ipc", "uts")]},
        }  # fmt: skip
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps(specification))
        return folder


@contextmanager
def built(folder: Path) -> Iterator[Image]:
    """Build the image on a base of Debian's packages, and remove it at the end."""
    buildah, mmdebstrap = needs("buildah"), needs("mmdebstrap")
    needs("crun")
    storage = {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
    environment = {**os.environ, **storage}
    own = [buildah, "--root", str(folder / "storage"), "--runroot", str(folder / "run")]
    folder.mkdir()
    tar = folder / "base.tar"
    run(mmdebstrap, "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(tar),
        timeout=PATIENCE)  # fmt: skip
    base = run(*own, "from", "scratch", env=environment).strip()
    run(*own, "add", base, str(tar), "/", env=environment)
    run(*own, "commit", base, "localhost/base", env=environment, timeout=PATIENCE)
    tar.unlink()
    run(
        *own, "build", "--format", "docker", "--network", "host", *pip_of_machine(),
        "--build-arg", "BASE=localhost/base", "--file", str(DOCKERFILE), "--tag",
        "localhost/bailey", str(ROOT), env=environment, timeout=PATIENCE,
    )  # fmt: skip
    container = run(*own, "from", "localhost/bailey", env=environment).strip()
    told = json.loads(run(*own, "inspect", "--type", "image", "localhost/bailey", env=environment))
    root = Path(run(*own, "mount", container, env=environment).strip())
    size = sum(one.lstat().st_size for one in root.rglob("*") if not one.is_symlink())
    try:
        yield Image("localhost/bailey", root, told["Docker"]["config"], size)
    finally:
        run(*own, "rm", "--all", env=environment)
        run(*own, "rmi", "--all", "--force", env=environment)


def pip_of_machine() -> list[str]:
    """Return how a build finds and trusts what this machine's pip does."""
    given = []
    for name, inside in (("PIP_FIND_LINKS", "/wheels"), ("PIP_CERT", "/trusted.crt")):
        place = os.environ.get(name, "")
        if place and Path(place).exists():
            given += ["--volume", f"{place}:{inside}:ro", "--build-arg", f"{name}={inside}"]
    return given


def within(image: Image, folder: Path, home: Path, *command: str, **more: str) -> str:
    """Run a command of the image to its end in a container; return what it says."""
    name = f"bailey-{uuid4().hex[:12]}"
    bundle = image.bundle(folder / name, home, command, more)
    return run(*CRUN, "run", "--bundle", str(bundle), name, timeout=PATIENCE)
