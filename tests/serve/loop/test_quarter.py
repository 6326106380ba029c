"""A quarter is the same whenever it is played, though all identifiers in it are drawn anew."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from serve.loop.command import world_of
from serve.loop.quarter import play_quarter


def played(folder: Path) -> list[Any]:
    """Return what a small practice measured under a rule that begins with two patients."""
    folder.mkdir()
    told = play_quarter("Bailey-Welch", world_of(0, date(2026, 3, 2), 2), 2, folder, lambda _: None)
    for week in told["weeks"]:
        for one in week["providers"]:
            del one["provider_id"]
    return list(told["weeks"])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_quarter(tmp_path: Path):
    """Who of two at one time is called first, and who gets which of two equal seats, included."""
    first = played(tmp_path / "first")
    assert len(first) == 2
    assert first[0]["booked"] > 10
    assert first == played(tmp_path / "second")
