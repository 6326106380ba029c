"""The scripts that deploy, go back, back up and restore, with a cluster that is stood in for.

There is no cluster here. What the scripts say to one is kept, and the jobs that they start run as
processes on a real database; `standing_in.py` says how.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.tools import ROOT, needs, ran, run
from tests.serve.conftest import KEY
from tests.serve.jobs.conftest import wait_until

SCRIPTS = ROOT / "deploy/scripts"
STANDING_IN = Path(__file__).parent / "standing_in.py"
FIRST, SECOND = (f"registry.example/bailey@sha256:{letter * 64}" for letter in "ab")
CONTEXTS = ("clinic", "clinic-test")


@dataclass
class Cluster:
    """What is kept of a cluster, and how to reach it."""

    state: Path
    environment: dict[str, str]

    def script(self, name: str, *arguments: str) -> Any:
        """Run a script to its end."""
        return ran(SCRIPTS / name, *arguments, env=self.environment)

    @property
    def objects(self) -> dict[str, Any]:
        """What is in it."""
        path = self.state / "cluster.json"
        return dict(json.loads(path.read_text())["objects"]) if path.exists() else {}

    @property
    def said(self) -> list[str]:
        """What it was asked."""
        path = self.state / "said"
        return path.read_text().splitlines() if path.exists() else []

    def image(self, key: str) -> str:
        """Return the image of a workload."""
        spec = self.objects[key]["spec"]
        spec = spec["jobTemplate"]["spec"] if key.startswith("cronjob") else spec
        return str(spec["template"]["spec"]["containers"][0]["image"])

    def change(self, key: str, name: str, value: str) -> str:
        """Change what a ConfigMap says; return what it said before."""
        path = self.state / "cluster.json"
        contents = json.loads(path.read_text())
        data = contents["objects"][key]["data"]
        before, data[name] = data[name], value
        path.write_text(json.dumps(contents))
        return str(before)

    def add_secret(self) -> None:
        """Put the secret there that nobody deploys."""
        secret = {"kind": "Secret", "metadata": {"name": "bailey"}}
        (self.state / "cluster.json").write_text(json.dumps({"objects": {"secret/bailey": secret}}))


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """An empty cluster, whose containers work on an empty database in a folder."""
    state, programs = tmp_path / "state", tmp_path / "programs"
    state.mkdir()
    programs.mkdir()
    configuration = {
        "apiVersion": "v1", "kind": "Config", "users": [{"name": "u", "user": {}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "contexts": [
            {"name": name, "context": {"cluster": "c", "user": "u"}} for name in CONTEXTS
        ],
        "current-context": CONTEXTS[1],
    }  # fmt: skip
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(configuration))
    kubectl = programs / "kubectl"
    kubectl.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STANDING_IN}" "$@"\n')
    kubectl.chmod(0o755)
    (tmp_path / "backups").mkdir()
    here = Path(sys.executable).parent
    environment = {
        **os.environ,
        "REAL_KUBECTL": needs("kubectl"),
        "PATH": os.pathsep.join([str(programs), str(here), os.environ["PATH"]]),
        "KUBECONFIG": str(tmp_path / "kubeconfig"), "STATE": str(state),
        "BAILEY_HOME": str(tmp_path / "home"), "BAILEY_SECRET_KEY": KEY,
        "BAILEY_BACKUPS": str(tmp_path / "backups"), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    return Cluster(state, environment)


def deployed(cluster: Cluster, image: str, *more: str) -> Any:
    """Deploy an image that is expected to come up."""
    done = cluster.script("deploy.sh", "--context", "clinic", "--image", image, *more)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return done


def test_scripts_have_no_faults(tmp_path: Path):
    """By shellcheck, which finds one that is planted."""
    scripts = sorted(SCRIPTS.glob("*.sh"))
    assert len(scripts) == 5
    run(needs("shellcheck"), "-x", *scripts, ROOT / ".ci/run", cwd=ROOT)
    planted = tmp_path / "planted.sh"
    planted.write_text("#!/bin/sh\nrm -rf $1/*\n")
    assert ran(needs("shellcheck"), planted).returncode == 1


@pytest.mark.parametrize("script", ["deploy.sh", "rollback.sh", "backup.sh", "restore.sh"])
def test_an_unknown_context_is_refused(script: str, cluster: Cluster):
    """Also none at all, where kubectl itself would take the current one; nothing is asked."""
    given = {
        "deploy.sh": ["--image", FIRST],
        "restore.sh": ["--rows", "s3://b/rows.zip", "--replace"],
    }.get(script, [])
    for arguments in ([*given, "--context", "clini"], given, [*given, "--context", ""]):
        done = cluster.script(script, *arguments)
        assert done.returncode == 2
        assert "context" in done.stderr
        assert script in done.stderr
    assert "clinic clinic-test" in cluster.script(script, *given).stderr
    assert cluster.said == []
    assert cluster.script(script, "--help").stdout.startswith(f"usage: {script}")
    assert cluster.script(script, "--wrong").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--image", "bailey:1"], "digest"),
        (["--image", FIRST, "--overlay", "prod"], "--overlay"),
        (["--image", FIRST, "--overlay", "gpu"], "--cuda-image"),
        (["--image", FIRST, "--settings", "/nowhere"], "cannot be read"),
        (["--image", FIRST, "--settings", "README.md"], "KEY=VALUE"),
    ],
)
def test_wrong_options_are_said_before_anything_is_asked(
    cluster: Cluster, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
):
    """In one line, with status 2."""
    monkeypatch.chdir(ROOT)
    done = cluster.script("deploy.sh", "--context", "clinic", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert cluster.said == []


@pytest.mark.parametrize("overlay", ["embedded", "production", "gpu", "gpu-web"])
def test_a_dry_run_changes_nothing(overlay: str, cluster: Cluster, tmp_path: Path):
    """It renders all, with the images and settings that were given."""
    settings = tmp_path / "given.env"
    settings.write_text("BAILEY_PUBLIC_URL=https://my.clinic\n")
    gpu = ["--cuda-image", SECOND] if overlay.startswith("gpu") else []
    done = deployed(
        cluster, FIRST, "--dry-run", "--overlay", overlay, *gpu, "--settings", str(settings)
    )
    assert "Nothing was changed." in done.stdout
    assert f"image: {FIRST}" in done.stdout
    assert (f"image: {SECOND}" in done.stdout) == bool(gpu)
    assert "BAILEY_PUBLIC_URL: https://my.clinic" in done.stdout
    assert not any(line.split()[4] in ("apply", "delete", "scale") for line in cluster.said)
    assert cluster.objects == {}


@pytest.mark.slow
def test_a_version_comes_and_goes_again(cluster: Cluster):
    """The foundation first, the database, then all else; and back, if the database allows it.

    Where it does not the version that runs says so, and stays.
    """
    cluster.add_secret()
    back = cluster.script("rollback.sh", "--context", "clinic")
    assert (back.returncode, "no second deploy.sh" in back.stderr) == (2, True)
    deployed(cluster, FIRST)
    applied = [line for line in cluster.said if " apply " in line and "--selector" in line]
    assert [line.rsplit(" ", 1)[1] for line in applied] == [
        "bailey/stage=foundation", "bailey/stage=migration", "!bailey/stage"
    ]  # fmt: skip
    assert "went from nothing" in cluster.objects["job/migrate"]["status"]["log"]
    assert "configmap/release-before" not in cluster.objects
    deployed(cluster, SECOND)
    assert cluster.image("deployment/web") == SECOND
    assert FIRST in cluster.objects["configmap/release-before"]["data"]["manifests"]
    assert "already" in cluster.objects["job/migrate"]["status"]["log"]
    before = cluster.change("configmap/release-before", "revision", "a-later-one")
    refused = cluster.script("rollback.sh", "--context", "clinic")
    assert refused.returncode == 2
    assert "not safe" in refused.stderr
    assert cluster.image("deployment/web") == SECOND
    cluster.change("configmap/release-before", "revision", before)
    tried = cluster.script("rollback.sh", "--context", "clinic", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert cluster.image("deployment/web") == SECOND
    back = cluster.script("rollback.sh", "--context", "clinic")
    assert back.returncode == 0, back.stdout + back.stderr
    assert f"Back from {SECOND} to {FIRST}" in back.stdout
    for key in ("deployment/web", "deployment/worker", "statefulset/learner", "cronjob/backup"):
        assert cluster.image(key) == FIRST
    again = cluster.script("rollback.sh", "--context", "clinic")
    assert (again.returncode, "runs already" in again.stderr) == (2, True)


@pytest.mark.slow
def test_settings_are_taken_back_too(cluster: Cluster, tmp_path: Path):
    """Where nothing but they changed, and for the jobs of the night as well."""

    def settings_of(key: str) -> str:
        spec = cluster.objects[key]["spec"]
        spec = spec["jobTemplate"]["spec"] if key.startswith("cronjob") else spec
        (container,) = spec["template"]["spec"]["containers"]
        return str(container["envFrom"][0]["configMapRef"]["name"])

    cluster.add_secret()
    deployed(cluster, FIRST)
    before = settings_of("deployment/web")
    given = tmp_path / "given.env"
    given.write_text("BAILEY_PUBLIC_URL=https://my.clinic\n")
    deployed(cluster, FIRST, "--settings", str(given))
    assert before != settings_of("deployment/web") == settings_of("cronjob/backup")
    deployed(cluster, FIRST, "--settings", str(given))
    back = cluster.script("rollback.sh", "--context", "clinic")
    assert back.returncode == 0, back.stdout + back.stderr
    assert before == settings_of("deployment/web") == settings_of("cronjob/backup")


@pytest.mark.slow
def test_what_goes_wrong_stops_a_deployment(cluster: Cluster, tmp_path: Path):
    """No secret, a database that cannot be migrated, pods that are never ready."""
    missing = cluster.script("deploy.sh", "--context", "clinic", "--image", FIRST)
    assert missing.returncode == 2
    assert "secret 'bailey'" in missing.stderr
    assert not any(key.startswith("deployment/") for key in cluster.objects)
    cluster.add_secret()
    good, cluster.environment = cluster.environment, {
        **cluster.environment, "BAILEY_DATABASE_URL": f"sqlite:///{tmp_path}/nowhere/x.db",
    }  # fmt: skip
    failed = cluster.script("deploy.sh", "--context", "clinic", "--image", FIRST)
    assert failed.returncode == 2
    assert "the version before goes on running" in failed.stderr
    assert not any(key.startswith("deployment/") for key in cluster.objects)
    cluster.environment = good
    (cluster.state / "never_ready").touch()
    slow = cluster.script("deploy.sh", "--context", "clinic", "--image", FIRST)
    assert slow.returncode == 2
    assert "rollback.sh --context clinic" in slow.stderr


@pytest.mark.slow
def test_a_backup_is_made_and_put_back(cluster: Cluster, tmp_path: Path):
    """What was there at the backup is there again, the service is stopped meanwhile and started.

    A damaged backup changes nothing, and the service is started again all the same.
    """
    cluster.add_secret()
    deployed(cluster, FIRST)
    made = cluster_flask(cluster, "create-admin", "--email", "first@clinic.example",
                         "--practice", "First", "--zone", "Europe/Amsterdam")  # fmt: skip
    assert made.returncode == 0, made.stderr
    backup = cluster.script("backup.sh", "--context", "clinic")
    assert backup.returncode == 0, backup.stderr
    (rows,) = (tmp_path / "backups").glob("*-rows.zip")
    assert str(rows) in backup.stdout
    cluster_flask(cluster, "create-admin", "--email", "second@clinic.example")
    unsaid = cluster.script("restore.sh", "--context", "clinic", "--rows", str(rows))
    assert (unsaid.returncode, "--replace" in unsaid.stderr) == (2, True)
    tried = cluster.script("restore.sh", "--context", "clinic", "--rows", str(rows), "--replace",
                           "--dry-run")  # fmt: skip
    assert tried.returncode == 0, tried.stderr
    before = pods(cluster)
    done = cluster.script("restore.sh", "--context", "clinic", "--rows", str(rows), "--replace")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "compared and consistent" in done.stdout
    assert pods(cluster) == before
    scaled = [line.rsplit("=", 1)[1] for line in cluster.said if " scale " in line]
    assert scaled[: len(before)] == ["0"] * len(before)
    taken = cluster_flask(cluster, "create-admin", "--email", "second@clinic.example")
    assert taken.returncode == 0, "the second account was made after the backup"
    kept = cluster_flask(cluster, "create-admin", "--email", "first@clinic.example")
    assert (kept.returncode, "no account has yet" in kept.stderr) == (2, True)
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(b"PK")
    done = cluster.script("restore.sh", "--context", "clinic", "--rows", str(damaged), "--replace")
    assert done.returncode == 2
    assert "as it was" in done.stderr
    assert pods(cluster) == before
    odd = cluster.script("restore.sh", "--context", "clinic", "--rows", 'x", "y', "--replace")
    assert (odd.returncode, "no address" in odd.stderr) == (2, True)


@pytest.mark.slow
def test_a_restore_that_is_cut_off_leaves_no_clinic_closed(cluster: Cluster):
    """It ends the job and starts the service; after one that was killed the next one does."""
    cluster.add_secret()
    deployed(cluster, FIRST)
    before = pods(cluster)
    assert cluster.script("backup.sh", "--context", "clinic").returncode == 0
    (rows,) = Path(cluster.environment["BAILEY_BACKUPS"]).glob("*-rows.zip")
    arguments = ["--context", "clinic", "--rows", str(rows), "--replace"]

    def jobs() -> list[str]:
        return [key for key in cluster.objects if key.startswith("job/restore-")]

    def cut_off(how: signal.Signals) -> None:
        (cluster.state / "never_ends").touch()
        command = [str(SCRIPTS / "restore.sh"), *arguments]
        with subprocess.Popen(command, env=cluster.environment, start_new_session=True) as process:
            try:
                wait_until(jobs, 60)
            finally:
                os.killpg(process.pid, how)
        (cluster.state / "never_ends").unlink()

    cut_off(signal.SIGTERM)
    assert jobs() == []
    (ended,) = (at for at, line in enumerate(cluster.said) if "delete job restore-" in line)
    assert all("=0" in line for line in cluster.said[:ended] if " scale " in line)
    assert pods(cluster) == before
    cut_off(signal.SIGKILL)
    assert set(pods(cluster).values()) == {0}
    assert cluster.objects["cronjob/refit"]["spec"]["suspend"]
    done = cluster.script("restore.sh", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert pods(cluster) == before
    assert not cluster.objects["cronjob/refit"]["spec"]["suspend"]
    kept = [one["metadata"].get("annotations", {}) for one in cluster.objects.values()]
    assert not any("bailey/replicas" in each for each in kept)


def test_a_cluster_that_does_not_answer_is_said(cluster: Cluster):
    """Before anything else."""
    (cluster.state / "away").touch()
    for script in ("deploy.sh", "rollback.sh", "backup.sh", "restore.sh"):
        given = {
            "deploy.sh": ["--image", FIRST], "restore.sh": ["--rows", "a.zip", "--replace"],
        }.get(script, [])  # fmt: skip
        done = cluster.script(script, "--context", "clinic", *given)
        assert (done.returncode, "'clinic' does not answer" in done.stderr) == (2, True)
    assert all(" version" in line for line in cluster.said)


def pods(cluster: Cluster) -> dict[str, int]:
    """Return how many pods each workload is to have."""
    return {
        key: one["spec"]["replicas"] for key, one in cluster.objects.items()
        if one["kind"] in ("Deployment", "StatefulSet")
    }  # fmt: skip


def cluster_flask(cluster: Cluster, *arguments: str) -> Any:
    """Run a command of the service on the cluster's database."""
    return ran(
        shutil.which("flask", path=str(Path(sys.executable).parent)) or "flask",
        "--app", "serve", *arguments,
        env={**cluster.environment, "BAILEY_ADMIN_PASSWORD": "a long enough passphrase 5"},
    )  # fmt: skip
