"""A backup of the models that workers keep in the home folder, and its restoring."""

import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path, PurePosixPath

from serve.backups.restore import UNREADABLE, Damaged
from serve.backups.write import new_archive
from serve.errors import Conflict
from serve.settings import MODELS

#: Files that only say that somebody is at work.
PASSING = (".lock", "-wal", "-shm", "-journal")


def write_models(home: Path, path: Path) -> int:
    """Write the kept models to a new file; return how many files there are.

    The registry is taken as it is at one moment; models are never changed once they are there.

    Raises
    ------
    OSError
        If the file is there already, or cannot be written.
    """
    count = 0
    with new_archive(path) as archive:
        for one in sorted((home / MODELS).rglob("*")):
            if one.is_file() and not one.name.endswith(PASSING):
                _add(archive, one, one.relative_to(home).as_posix())
                count += 1
    return count


def restore_models(home: Path, path: Path, replace: bool) -> int:
    """Put the models of a backup into the home folder; return how many files there are.

    Raises
    ------
    Conflict
        If the file is damaged, or there are models already; nothing is changed then.
    """
    place = home / MODELS
    if place.exists() and any(place.iterdir()) and not replace:
        detail = "There are models already; --replace throws them away."
        raise Conflict(detail, "not_empty")
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home) as folder:
        new = Path(folder) / MODELS
        new.mkdir()
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                if not all(_is_model(name) for name in names):
                    raise Damaged("it holds something else than models.")
                if archive.testzip() is not None:
                    raise Damaged("one of its files is not what it was.")
                archive.extractall(folder)
        except UNREADABLE:
            raise Damaged("it is no zip file, or a part of it is missing.") from None
        if place.exists():
            shutil.rmtree(place)
        new.rename(place)
    return len(names)


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    if path.suffix != ".db":
        archive.write(path, name)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as kept:
            live.backup(kept)
        archive.write(copy, name)


def _is_model(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and parts[0] == MODELS and ".." not in parts
