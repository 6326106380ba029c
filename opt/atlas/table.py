"""The files of an atlas: a manifest, and a Parquet file per tile, each whole or not there at all.

``manifest.json`` names the version of the table, the grid and the program; ``rows/`` holds nothing
but the tiles, so that any reader of Parquet opens it as one table.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from objective import InvalidInput
from objective.commands.files import write_json
from objective.commands.json_text import parse_json
from opt.atlas.grid import Grid, Tile
from opt.atlas.optimum import Optimum, row_of

#: Version of the table: what its columns are and mean.
SCHEMA_VERSION = 1
SCHEMA = pa.schema(
    [
        ("patients", pa.int32()),
        ("intervals", pa.int32()),
        ("law", pa.string()),
        ("mean", pa.float64()),
        ("cv", pa.float64()),
        ("no_show", pa.float64()),
        ("step", pa.float64()),
        ("waiting_share", pa.float64()),
        ("schedule", pa.list_(pa.int16())),
        ("cost", pa.float64()),
        ("waiting", pa.float64()),
        ("idle", pa.float64()),
        ("tardiness", pa.float64()),
        ("lower_bound", pa.float64()),
        ("gap", pa.float64()),
        ("evaluations", pa.int64()),
        ("chains", pa.list_(pa.list_(pa.int16()))),
        ("weights", pa.list_(pa.float64())),
    ]
)
assert SCHEMA.names == [field.name for field in fields(Optimum)]
#: Key under which a shard says what it is.
ABOUT = b"bailey.atlas"
MANIFEST, PARTIAL_MANIFEST, ROWS = "manifest.json", "manifest.json.partial", "rows"
FIELD = "atlas"


def shard_path(directory: Path, tile: Tile) -> Path:
    """Return the file of a tile."""
    return directory / ROWS / f"{tile.number:06d}.parquet"


def write_manifest(directory: Path, grid: Grid) -> None:
    """Write what the atlas is to be, before any of its tiles."""
    try:
        program = version("bailey")
    except PackageNotFoundError:
        # Run from a clone that is not installed.
        program = "unknown"
    contents = {
        "schema_version": SCHEMA_VERSION,
        "program_version": program,
        "grid": grid.to_dict(),
        "tiles": len(grid.tiles()),
        "instances": grid.instances,
    }
    beside = directory / PARTIAL_MANIFEST
    write_json(beside, contents)
    os.replace(beside, directory / MANIFEST)


def read_manifest(directory: Path) -> Grid:
    """Return the grid of an atlas.

    Raises
    ------
    InvalidInput
        If there is no manifest, it is damaged, or it is of another version.
    """
    path = directory / MANIFEST
    try:
        contents = parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        allowed = f"the folder of an atlas, with a readable {MANIFEST} ({error.strerror})"
        raise InvalidInput(FIELD, str(directory), allowed) from None
    except ValueError:
        raise InvalidInput(FIELD, str(path), "a manifest that is not damaged") from None
    if not isinstance(contents, dict) or contents.get("schema_version") != SCHEMA_VERSION:
        found = contents.get("schema_version") if isinstance(contents, dict) else None
        raise InvalidInput(
            FIELD, str(path), f"of schema version {SCHEMA_VERSION}; this one is of {found!r}"
        )
    try:
        return Grid.from_dict(contents.get("grid") or {})
    except InvalidInput as error:
        allowed = f"a manifest with a grid; this one's is wrong: {error}"
        raise InvalidInput(FIELD, str(path), allowed) from None


def write_shard(directory: Path, tile: Tile, optima: Sequence[Optimum]) -> None:
    """Write a tile; an interruption leaves no file of its name."""
    path = shard_path(directory, tile)
    about = json.dumps({"schema_version": SCHEMA_VERSION, "tile": asdict(tile)})
    table = pa.Table.from_pylist([row_of(one) for one in optima], schema=SCHEMA)
    table = table.replace_schema_metadata({ABOUT: about.encode()})
    beside = path.with_name(path.name + ".partial")
    pq.write_table(table, beside, write_page_checksum=True)
    os.replace(beside, path)


def check_shard(directory: Path, tile: Tile) -> bool:
    """Return whether a tile's file is there; raise `InvalidInput` if it is not what it should be.

    Only what it says of itself is looked at, not its rows.
    """
    path = shard_path(directory, tile)
    if not path.exists():
        return False
    try:
        metadata = pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        raise _damaged(path) from None
    _check_about(path, tile, metadata.metadata, metadata.num_rows)
    return True


def read_shard(directory: Path, tile: Tile) -> pa.Table:
    """Return the rows of a tile.

    Raises
    ------
    InvalidInput
        If the file is missing, damaged, not Parquet, of another version or of another tile.
    """
    path = shard_path(directory, tile)
    if not path.is_file():
        allowed = (
            f"a finished atlas: {path.name} of {len(read_manifest(directory).tiles())} tiles is "
            f"missing; python -m opt.atlas path={directory} goes on with it"
        )
        raise InvalidInput(FIELD, str(path), allowed)
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
    except (OSError, pa.ArrowException):
        raise _damaged(path) from None
    _check_about(path, tile, table.schema.metadata, table.num_rows)
    if not table.schema.equals(SCHEMA):
        raise InvalidInput(FIELD, str(path), f"with the columns {', '.join(SCHEMA.names)}")
    return table.replace_schema_metadata(None)


def read_rows(directory: Path) -> pa.Table:
    """Return all rows of a finished atlas, in the order of its grid."""
    tiles = read_manifest(directory).tiles()
    return pa.concat_tables([read_shard(directory, tile) for tile in tiles]).combine_chunks()


def _check_about(path: Path, tile: Tile, metadata: Any, rows: int) -> None:
    try:
        about = json.loads((metadata or {})[ABOUT])
    except (KeyError, ValueError):
        raise InvalidInput(FIELD, str(path), "a tile of an atlas of Bailey") from None
    found = about.get("schema_version")
    if found != SCHEMA_VERSION:
        allowed = f"of schema version {SCHEMA_VERSION}; this one is of {found!r}"
        raise InvalidInput(FIELD, str(path), allowed)
    if about.get("tile") != json.loads(json.dumps(asdict(tile))):
        raise InvalidInput(FIELD, str(path), f"tile {tile.number} of the manifest's grid")
    if rows > tile.instances:
        raise InvalidInput(FIELD, str(path), f"of at most {tile.instances} rows")


def _damaged(path: Path) -> InvalidInput:
    allowed = "a Parquet file that is not damaged; delete it, and the build makes it again"
    return InvalidInput(FIELD, str(path), allowed)
