"""JSON that comes from outside."""

from collections.abc import Callable
from pathlib import Path

import pytest

from objective import InvalidInput
from objective.commands.json_text import parse_json
from opt.allocate.files import read_problem
from opt.atlas.table import MANIFEST, read_manifest
from opt.compare.plan import read_plan
from opt.forecast_value.session_files import read_session_files
from opt.recommend.files import read_request
from opt.result import read_result

READERS = (read_result, read_problem, read_request, read_session_files, read_plan)


def test_a_text_is_read():
    """As the standard library reads it."""
    assert parse_json('{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize("read", READERS)
def test_a_file_nested_too_deeply_is_refused(read: Callable[[Path], object], tmp_path: Path):
    """Python's parser gives up with an error of its own, which no reader lets through."""
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000)
    with pytest.raises(InvalidInput, match=r"deep\.json"):
        read(path)


def test_a_manifest_nested_too_deeply_is_refused(tmp_path: Path):
    """That of an atlas is named by its folder."""
    (tmp_path / MANIFEST).write_text("[" * 100_000)
    with pytest.raises(InvalidInput, match="not damaged"):
        read_manifest(tmp_path)
