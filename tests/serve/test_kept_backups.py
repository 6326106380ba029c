"""Backups in S3, spoken to over HTTP, and of the models that workers keep."""

import os
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from apiflask import APIFlask
from moto.server import ThreadedMotoServer

from serve import create_app
from serve.backups.models import restore_models, write_models
from serve.backups.restore import Damaged
from serve.errors import Conflict
from serve.settings import Settings
from tests.serve.conftest import KEY
from tests.serve.test_backups import fill

BUCKET = "backups"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server that speaks S3, with an empty bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1", "NO_PROXY": host, "no_proxy": host,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    # What it holds is the process's, and outlives a server.
    requests.post(f"http://{host}:{port}/moto-api/reset", timeout=10)
    client = boto3.client("s3")
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    yield client
    server.stop()


def run(app: APIFlask, *arguments: str) -> Any:
    """Run a command of a service."""
    return app.test_cli_runner().invoke(args=list(arguments))


def kept_models(home: Path) -> dict[str, bytes]:
    """Put some models into a home folder; return its files but the registry."""
    folder = home / "models" / "practice"
    (folder / "runs/1").mkdir(parents=True)
    (folder / "runs/1/model.safetensors").write_bytes(os.urandom(1000))
    (folder / "in_use.lock").touch()
    with sqlite3.connect(folder / "mlflow.db") as registry:
        registry.execute("PRAGMA journal_mode = WAL")
        registry.execute("CREATE TABLE version (number INTEGER)")
        registry.execute("INSERT INTO version VALUES (3)")
    return {"models/practice/runs/1/model.safetensors":
            (folder / "runs/1/model.safetensors").read_bytes()}  # fmt: skip


def test_a_backup_goes_to_s3_and_comes_back(
    app: APIFlask, settings: Settings, bucket: Any, tmp_path: Path
):
    """All rows and the models, into an empty service elsewhere."""
    fill(app)
    kept_models(Path(settings.home))
    rows, models = f"s3://{BUCKET}/daily/rows.zip", f"s3://{BUCKET}/daily/models.zip"
    made = run(app, "backup", rows, "--models-to", models)
    assert made.exit_code == 0, made.output
    assert "2 files of models" in made.output
    keys = {one["Key"] for one in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert keys == {"daily/rows.zip", "daily/models.zip"}
    other = create_app(Settings(home=str(tmp_path / "elsewhere"), secret_key=KEY))
    assert run(other, "migrate").exit_code == 0
    back = run(other, "restore", rows, "--models-from", models)
    assert back.exit_code == 0, back.output
    assert "consistent" in back.output
    assert "2 files" in back.output
    with sqlite3.connect(tmp_path / "elsewhere/models/practice/mlflow.db") as registry:
        assert registry.execute("SELECT number FROM version").fetchall() == [(3,)]


def test_what_s3_refuses_is_said_in_a_line(app: APIFlask, bucket: Any, tmp_path: Path):
    """Nothing is written over; a bucket that is not there, and addresses that are none."""
    assert run(app, "backup", f"s3://{BUCKET}/a.zip").exit_code == 0
    for arguments, said in (
        (("backup", f"s3://{BUCKET}/a.zip"), "PreconditionFailed"),
        (("backup", "s3://nobodys-bucket/a.zip"), "NoSuchBucket"),
        (("backup", f"s3://{BUCKET}/"), "s3://bucket/key"),
        (("restore", f"s3://{BUCKET}/none.zip"), "404"),
    ):
        refused = run(app, *arguments)
        assert refused.exit_code == 2, refused.output
        assert said in refused.output
        assert refused.exception is None or isinstance(refused.exception, SystemExit)


def test_models_come_back_as_they_were(tmp_path: Path):
    """Not over others unless that is said."""
    home, elsewhere, file = tmp_path / "home", tmp_path / "elsewhere", tmp_path / "models.zip"
    files = kept_models(home)
    assert write_models(home, file) == 2
    assert file.stat().st_mode & 0o777 == 0o600
    assert restore_models(elsewhere, file, replace=False) == 2
    for name, contents in files.items():
        assert (elsewhere / name).read_bytes() == contents
    assert not list(elsewhere.rglob("*.lock"))
    with pytest.raises(Conflict, match="--replace"):
        restore_models(elsewhere, file, replace=False)
    (elsewhere / "models/more").touch()
    restore_models(elsewhere, file, replace=True)
    assert not (elsewhere / "models/more").exists()
    assert [one.name for one in elsewhere.iterdir()] == ["models"]


@pytest.mark.parametrize("name", ["../secret_key", "models/../secret_key", "secret_key", "/etc/x"])
def test_a_file_with_something_else_changes_nothing(name: str, tmp_path: Path):
    """Nor one that is cut off."""
    home, file = tmp_path / "home", tmp_path / "models.zip"
    kept_models(home)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(Damaged):
        restore_models(home, file, replace=True)
    write_models(home, whole := tmp_path / "whole.zip")
    contents = bytearray(whole.read_bytes())
    contents[60:200] = bytes(140)
    file.write_bytes(contents)
    with pytest.raises(Damaged):
        restore_models(home, file, replace=True)
    file.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(Damaged):
        restore_models(home, file, replace=True)
    assert (home / "models/practice/mlflow.db").exists()
    assert not (tmp_path / "secret_key").exists()
