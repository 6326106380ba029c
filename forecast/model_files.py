"""How a fitted model is kept: tensors as safetensors, everything else as JSON, hashes of both.

Nothing that is read executes code, and nothing is read that was changed since it was written.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from forecast.quantities import make_quantity
from forecast.quantity import Fitted, Quantity
from objective import InvalidInput
from objective.commands.files import write_json
from objective.commands.json_text import parse_json

VERSION = 1
DESCRIPTION, WEIGHTS = "model.json", "weights.safetensors"


@dataclass(frozen=True)
class SavedModel:
    """A fitted model with its quantity, and what is known of how it came about.

    Attributes
    ----------
    quantity, fitted
        What it forecasts, and the model.
    about
        Until when and from what it learned, with what seed and code: plain names and numbers.
    digest
        The hash of its description, which holds that of its weights.
    """

    quantity: Quantity
    fitted: Fitted
    about: Mapping[str, Any]
    digest: str


def save_model(
    folder: Path, quantity: Quantity, fitted: Fitted, about: Mapping[str, Any]
) -> SavedModel:
    """Write model.json and weights.safetensors into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors, rest = fitted.to_parts()
    save_file({name: one.contiguous() for name, one in tensors.items()}, folder / WEIGHTS)
    contents = {
        "version": VERSION,
        "quantity": quantity.name,
        "options": asdict(quantity),  # type: ignore[call-overload]
        "model": fitted.name,
        "about": dict(about),
        "rest": rest,
        "weights_sha256": file_digest(folder / WEIGHTS),
    }
    write_json(folder / DESCRIPTION, contents)
    return SavedModel(quantity, fitted, about, file_digest(folder / DESCRIPTION))


def load_model(folder: Path, digest: str | None = None) -> SavedModel:
    """Return the model of a folder.

    Parameters
    ----------
    folder
        What `save_model` wrote.
    digest
        The hash that its description must have, as the registry knows it; None to take any.

    Raises
    ------
    InvalidInput
        If a file is missing or is not what it was when the model was written.
    """
    description = folder / DESCRIPTION
    try:
        found = file_digest(description)
        if digest is not None and found != digest:
            raise InvalidInput(str(description), found, f"the file that was kept, with {digest}")
        contents = parse_json(description.read_text(encoding="utf-8"))
        weights = file_digest(folder / WEIGHTS)
    except OSError as error:
        place = Path(error.filename)
        allowed = f"a folder with the {place.name} of a kept model ({error.strerror})"
        raise InvalidInput("model", str(place.parent), allowed) from None
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(str(description), str(error), "a JSON file") from None
    if not isinstance(contents, dict) or contents.get("version") != VERSION:
        raise InvalidInput(str(description), "unknown", f"a model of version {VERSION}")
    if weights != contents.get("weights_sha256"):
        wanted = f"the file that was kept, with {contents.get('weights_sha256')}"
        raise InvalidInput(str(folder / WEIGHTS), weights, wanted)
    try:
        tensors = load_file(folder / WEIGHTS)
    except SafetensorError as error:
        raise InvalidInput(str(folder / WEIGHTS), str(error), "a safetensors file") from None
    quantity = make_quantity(contents["quantity"], contents["options"])
    fitted = quantity.restore(contents["model"], tensors, contents["rest"])
    return SavedModel(quantity, fitted, contents["about"], found)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
