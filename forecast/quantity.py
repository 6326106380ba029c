"""What is common to the quantities that are forecast: demand, no-shows, consultations, choices.

A quantity knows how its models learn from a history, how they are tested on a held-out period, and
how they are kept. Everything else, the tasks of the command, the registry, the gate and the watch
on drift, is written once, against these protocols.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import pandas as pd
from torch import Tensor

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.evaluation import Evaluation
from forecast.network import Trainer


class Fitted(Protocol):
    """A model that has learned.

    Its predictions differ from quantity to quantity; what is common is how it is kept.
    """

    #: The name of its model in the quantity's registry.
    name: ClassVar[str]

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return its tensors by name, and everything else as plain names and numbers."""
        ...


class Model(Protocol):
    """A model before it learns: a frozen dataclass of its parameters, checked when it is made."""

    name: ClassVar[str]
    #: Whether it may become the model in use; a model of the ``bench`` extra may not.
    promotable: ClassVar[bool]
    __dataclass_fields__: ClassVar[dict[str, Any]]


class Quantity(Protocol):
    """A quantity with its options, which are the same for all its models."""

    #: Its name in the registry of quantities.
    name: ClassVar[str]
    #: Its models by name.
    models: ClassVar[Mapping[str, type[Model]]]

    def fit(
        self, model: Model, history: History, train_until: pd.Timestamp, trainer: Trainer
    ) -> Fitted:
        """Return the model, learned from what was known before ``train_until``.

        Raises
        ------
        InvalidInput
            Naming what the history lacks.
        """
        ...

    def evaluate(self, models: Mapping[str, Fitted], history: History, split: Split) -> Evaluation:
        """Score models side by side on a held-out period, each forecast made as it would be then.

        A forecast may use the history that was known when it is made, also that of the held-out
        period's earlier days, and nothing of later days.
        """
        ...

    def restore(self, name: str, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> Fitted:
        """Make the fitted model that `Fitted.to_parts` described."""
        ...

    def inputs(self, history: History, first: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
        """Return what the models look at in a period, (cases, inputs), to watch how it drifts.

        Numbers are numeric columns, everything else is text.
        """
        ...
