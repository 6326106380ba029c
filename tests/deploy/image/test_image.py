"""The image is built and started: not as root, on a read-only root, with a real practice."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from serve.jobs.exporter import Exporter, Pulse
from tests.deploy.image.container import CRUN, DOCKERFILE, USER, Image, built, within
from tests.deploy.tools import ROOT, needs, ran, run
from tests.serve.events.conftest import free_port

#: Programs that build others, of which a finished image has none.
BUILDERS = ("gcc", "cc", "g++", "make", "pip", "pip3", "git")


@contextmanager
def started(
    image: Image, folder: Path, home: Path, port: int, *command: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a container, tell its name, and stop it as an engine does."""
    name = f"bailey-{uuid4().hex[:12]}"
    more = {"BAILEY_BIND": f"127.0.0.1:{port}", "BAILEY_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    bundle = image.bundle(folder / name, home, command, more)
    process = subprocess.Popen([*CRUN, "run", "--bundle", str(bundle), name])
    try:
        yield process, name
    finally:
        subprocess.run([*CRUN, "kill", name, "TERM"], capture_output=True)
        try:
            process.wait(90)
        except subprocess.TimeoutExpired:
            subprocess.run([*CRUN, "delete", "--force", name], capture_output=True)
            process.wait()
            raise


def wait_until_ready(address: str) -> None:
    """Wait until a service is ready."""
    for _ in range(120):
        try:
            if requests.get(f"{address}/readyz", timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.5)
    raise AssertionError("the service is not ready after a minute")


def test_the_dockerfile_and_the_entry_have_no_faults():
    """By hadolint and shellcheck, both without exceptions."""
    run(needs("shellcheck"), ROOT / "deploy/image/bailey")
    run(needs("hadolint"), DOCKERFILE)


def test_a_planted_fault_in_the_dockerfile_is_found(tmp_path: Path):
    """A last user who is root."""
    faulty = tmp_path / "Dockerfile"
    text = DOCKERFILE.read_text()
    faulty.write_text(text.replace("USER 10001:10001", "USER root"))
    assert faulty.read_text() != text
    done = ran(needs("hadolint"), faulty)
    assert done.returncode != 0
    assert "DL3002" in done.stdout


@pytest.mark.parametrize(
    ("which", "setting"),
    [("web", "BAILEY_BIND"), ("events", "BAILEY_EVENTS_BIND"), ("worker", "BAILEY_METRICS_BIND")],
)
def test_each_process_is_asked_where_it_listens(which: str, setting: str):
    """By its health check; a worker that listens nowhere is well while it runs."""

    def status(place: str | None) -> int:
        environment = {key: value for key, value in os.environ.items() if key != setting}
        environment |= {setting: place} if place else {}
        return ran("sh", ROOT / "deploy/image/bailey", "healthy", which, env=environment).returncode

    with Exporter(("127.0.0.1", 0), lambda: b"", Pulse()) as answering:
        assert status(f"127.0.0.1:{answering.port}") == 0
    assert status(f"127.0.0.1:{free_port()}") != 0
    if which == "worker":
        assert status(None) == 0


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_the_image_is_built_started_and_does_its_work(tmp_path: Path):
    """One test, since building takes minutes: not as root, read only, with a real practice."""
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, USER, USER)
    with built(tmp_path / "image") as image:
        the_image_has_what_it_needs_and_no_more(image)
        for check in (
            nothing_but_the_home_is_written, a_schedule_is_proved_inside,
            an_unknown_command_says_which_there_are, a_visit_is_booked_inside_and_kept,
        ):  # fmt: skip
            check(image, tmp_path, home)


def the_image_has_what_it_needs_and_no_more(image: Image):
    """No build tools, nobody who is root, a health check and the commands."""
    assert image.configuration["User"] == f"{USER}:{USER}"
    assert image.configuration["Healthcheck"]
    for name in BUILDERS:
        found = shutil.which(name, path=":".join(
            str(image.root / one) for one in ("opt/bailey/bin", "usr/bin", "usr/local/bin")
        ))  # fmt: skip
        assert found is None, found
    assert not list((image.root / "opt").glob("*/lib/python3*/site-packages/pip"))
    print(f"{image.size / 1e9:.2f} GB with its base")
    assert image.size < 2.2e9


def nothing_but_the_home_is_written(image: Image, tmp_path: Path, home: Path):
    """And nobody is root inside."""
    script = (
        "import os, pathlib\n"
        "print(os.getuid())\n"
        "for place in ('/', '/opt/bailey', '/usr/local/bin', '/etc'):\n"
        "    try:\n"
        "        pathlib.Path(place, 'written').touch()\n"
        "        print('wrote', place)\n"
        "    except OSError:\n"
        "        pass\n"
        "pathlib.Path('/var/lib/bailey/script').touch()\n"
        "pathlib.Path('/tmp/script').touch()\n"
    )
    (home / "script.py").write_text(script)
    plain = Image(image.name, image.root, {**image.configuration, "Entrypoint": ["python3"]}, 0)
    said = within(plain, tmp_path, home, "/var/lib/bailey/script.py")
    assert said.split() == [str(USER)]
    assert (home / "script").stat().st_uid == USER


def a_schedule_is_proved_inside(image: Image, tmp_path: Path, home: Path):
    """With the certificate beside it."""
    said = within(image, tmp_path, home, "opt", "session=obp")
    assert "optimal" in said
    (result,) = home.glob("outputs/**/result.json")
    found = json.loads(result.read_text())
    assert found["status"] == "optimal"
    assert found["certificate"]


def an_unknown_command_says_which_there_are(image: Image, tmp_path: Path, home: Path):
    """In a line and the usage, without a trace."""
    with pytest.raises(AssertionError, match="no command 'wbe'"):
        within(image, tmp_path, home, "wbe")
    assert "worker" in within(image, tmp_path, home, "help")


def a_visit_is_booked_inside_and_kept(image: Image, tmp_path: Path, home: Path):
    """From an empty volume: migrated, filled, served, booked, stopped, and served again."""
    within(image, tmp_path, home, "migrate")
    said = within(image, tmp_path, home, "flask", "demo-data", "--practice", "Image")
    accounts = dict(re.findall(r"(\w+@[\w.-]+)\s+(\S+)", said))
    email = next(one for one in accounts if one.startswith("patient@"))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with started(image, tmp_path, home, port, "web") as (process, name):
        wait_until_ready(address)
        client = requests.Session()
        sent = {"email": email, "password": accounts[email]}
        signed = client.post(f"{address}/api/v1/account/sign-in", json=sent, timeout=30,
                             headers={"Idempotency-Key": uuid4().hex})  # fmt: skip
        assert signed.status_code == 200, signed.text
        keyed = {"X-CSRF-Token": signed.json()["csrf_token"], "Idempotency-Key": uuid4().hex}
        patient = client.get(f"{address}/api/v1/patients", timeout=30).json()["items"][0]
        today = time.strftime("%Y-%m-%d")
        later = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 12 * 86400))
        for visit_type in client.get(f"{address}/api/v1/visit-types", timeout=30).json()["items"]:
            found = client.get(
                f"{address}/api/v1/seats", timeout=60,
                params={"visit_type_id": visit_type["id"], "first": today, "last": later,
                        "patient_id": patient["id"]},
            ).json()["items"]  # fmt: skip
            if found:
                break
        wanted = {"seat_id": found[0]["id"], "patient_id": patient["id"]}
        made = client.post(f"{address}/api/v1/appointments", json=wanted, headers=keyed, timeout=30)
        assert made.status_code == 201, made.text
        run(*CRUN, "exec", name, "bailey", "healthy")
        process.send_signal(signal.SIGTERM)
    with pytest.raises(AssertionError):
        within(image, tmp_path, home, "healthy", "web", BAILEY_BIND=f"127.0.0.1:{port}")
    with started(image, tmp_path, home, port, "web"):
        wait_until_ready(address)
        kept = client.get(f"{address}/api/v1/appointments/{made.json()['id']}", timeout=30)
        assert kept.json()["status"] == "booked"


def test_the_lock_for_gpus_is_that_for_cpus_and_more():
    """The same versions, with PyTorch's packages of NVIDIA; a pin that differs is found."""
    usual, cuda = pins(ROOT / "requirements.lock"), pins(ROOT / "deploy/image/cuda.lock")
    assert differing(usual, cuda) == {}
    more = set(cuda) - set(usual)
    assert {"triton", "nvidia-cudnn-cu13", "nvidia-cublas"} <= more
    assert all(
        one in ("setuptools", "triton") or one.startswith(("nvidia-", "cuda-")) for one in more
    )
    assert set(differing(usual, {**cuda, "flask": "0.1"})) == {"flask"}


def pins(lock: Path) -> dict[str, str]:
    """Return the version of each package of a lock, which has nothing but exact versions."""
    lines = [line for line in lock.read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines)
    pairs = (line.split("==") for line in lines)
    return {name.lower().replace("_", "-"): version for name, version in pairs}


def differing(usual: dict[str, str], cuda: dict[str, str]) -> dict[str, str | None]:
    """Return the packages of one lock that are not the same in the other."""
    return {name: cuda.get(name) for name, version in usual.items() if cuda.get(name) != version}
