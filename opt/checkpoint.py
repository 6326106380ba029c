"""Checkpoints: tensors and plain values in one file, written whole or not at all."""

import os
from pathlib import Path
from typing import Any

import torch

from objective import InvalidInput

VERSION = 1


def write_checkpoint(path: Path, contents: dict[str, Any]) -> None:
    """Write a checkpoint; a crash in the middle leaves the one before."""
    beside = path.with_name(path.name + ".partial")
    torch.save({"version": VERSION, **contents}, beside)
    os.replace(beside, path)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; raise `InvalidInput` if it is missing, broken or of another version.

    Only tensors and plain values are read, never code.
    """
    field = "checkpoint"
    if not path.is_file():
        raise InvalidInput(field, str(path), "an existing file")
    try:
        contents = torch.load(path, weights_only=True)
    except Exception:
        # Broken files make torch raise errors of a dozen kinds; all mean the same here.
        raise InvalidInput(field, str(path), "a checkpoint that is not damaged") from None
    if not isinstance(contents, dict) or contents.get("version") != VERSION:
        raise InvalidInput(field, str(path), f"a checkpoint of version {VERSION}")
    return contents
