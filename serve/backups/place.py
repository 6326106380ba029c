"""Where backups are kept: a file, or an object of S3 (``s3://bucket/key``)."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from objective import InvalidInput

REMOTE = "s3://"


@contextmanager
def written_to(place: str) -> Iterator[Path]:
    """Give a path to write a new file to; what is at an address of S3 is put there at the end.

    Raises
    ------
    InvalidInput
        If the address cannot be used.
    OSError
        If there is something already, or it cannot be written.
    """
    if not place.startswith(REMOTE):
        yield Path(place)
        return
    bucket, key = _address(place)
    client = _client()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "backup.zip"
        yield path
        with _said(place), path.open("rb") as file:
            # Nothing that is there is written over.
            client.put_object(
                Bucket=bucket, Key=key, Body=file, IfNoneMatch="*", ChecksumAlgorithm="SHA256"
            )


@contextmanager
def read_from(place: str) -> Iterator[Path]:
    """Give the path of a file, which is fetched first if it is at an address of S3."""
    if not place.startswith(REMOTE):
        yield Path(place)
        return
    bucket, key = _address(place)
    client = _client()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "backup.zip"
        with _said(place):
            client.download_file(bucket, key, str(path))
        yield path


def _address(place: str) -> tuple[str, str]:
    parts = urlsplit(place)
    key = parts.path.removeprefix("/")
    if not parts.netloc or not key or key.endswith("/"):
        raise InvalidInput("FILE", place, "a file, or a bucket and a key as in s3://bucket/key.zip")
    return parts.netloc, key


def _client() -> Any:
    if find_spec("boto3") is None:
        raise InvalidInput("FILE", "s3", "a file, or boto3 installed: pip install 'bailey[aws]'")
    import boto3

    return boto3.client("s3")


@contextmanager
def _said(place: str) -> Iterator[None]:
    """Say in a line what S3 refused."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        raise OSError(0, f"refused by S3 ({code})", place) from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(0, f"S3 cannot be used ({type(error).__name__})", place) from error
