"""Settings: the key that is made on the first start."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from serve.settings import Settings


def test_processes_that_start_at_once_have_one_key(tmp_path: Path):
    """Also if one reads while another writes; nothing else is left in the folder."""
    for attempt in range(20):
        home = tmp_path / str(attempt)
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _, home=home: Settings(home=str(home)).key(), range(8)))
        assert len(keys) == 1
        assert len(keys.pop()) >= 32
        assert [path.name for path in home.iterdir()] == ["secret_key"]
        assert (home / "secret_key").stat().st_mode & 0o777 == 0o600
