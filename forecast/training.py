"""What a training of the models of a quantity brought about."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.configuration import Candidates
from forecast.evaluation import Evaluation, plain_table
from forecast.model_files import SavedModel


@dataclass(frozen=True)
class Training:
    """Models of a quantity that learned and were compared.

    Attributes
    ----------
    directory
        The folder of the run, with the report.
    candidates
        The quantity, and the models with their parameters.
    saved
        The kept models: those that may come into use.
    evaluation
        How all did on the held-out period.
    behind
        By how much each model's score is above the champion's, and the ends of the interval:
        (models, ``behind``, ``low``, ``high``); None where the period has too few blocks to tell.
    about
        Until when and from what they learned, with what seed and code.
    cards
        The model card of each kept model, as Markdown.
    """

    directory: Path
    candidates: Candidates
    saved: Mapping[str, SavedModel]
    evaluation: Evaluation
    behind: pd.DataFrame | None
    about: Mapping[str, Any]
    cards: Mapping[str, str]

    @property
    def champion(self) -> str:
        """The model that won, of those that may come into use."""
        return self.evaluation.champion

    @property
    def baseline(self) -> str:
        """The first model that may come into use: lists begin with what is simplest."""
        return next(iter(self.saved))

    def folder(self, model: str) -> Path:
        """Return where a model is kept."""
        return self.directory / "models" / model

    def summary(self) -> dict[str, Any]:
        """Return it as plain names and numbers."""
        return {
            **self.evaluation.to_dict(),
            "options": asdict(self.candidates.quantity),  # type: ignore[call-overload]
            "baseline": self.baseline,
            "behind": None if self.behind is None else plain_table(self.behind),
            "models": {
                name: {"folder": f"models/{name}", "sha256": one.digest}
                for name, one in self.saved.items()
            },
            "about": dict(self.about),
        }
