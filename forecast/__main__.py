"""``python -m forecast``: learn a session's inputs from a history, compare, promote, hand on."""

from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from forecast.tasks import TASKS
from objective import InvalidInput
from objective.commands.errors import plain_errors


def main() -> None:
    """Run the command; print errors in one line."""
    with plain_errors():
        run()


@hydra.main(version_base="1.3", config_path="pkg://conf.forecast", config_name="config")
def run(configuration: DictConfig) -> float | None:
    """Run one job of Hydra; its score is what a sweeper may minimise."""
    settings: Any = OmegaConf.to_container(configuration, resolve=True, throw_on_missing=True)
    directory = Path(HydraConfig.get().runtime.output_dir)
    name = settings["task"]["name"]
    if name not in TASKS:
        raise InvalidInput("task.name", name, "one of " + ", ".join(TASKS))
    return TASKS[name](settings, directory)


if __name__ == "__main__":
    main()
