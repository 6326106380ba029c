"""Session files that ``python -m opt --config-dir FOLDER session=NAME`` takes as they are."""

import json
from pathlib import Path

from forecast.session.hand_over import SessionForecast
from forecast.session.inputs import file_suffix
from objective import ClinicSession
from objective.commands.files import write_json

#: The folder of Hydra's configuration in the folder of the run.
FOLDER = "configuration"


def write_sessions(directory: Path, forecast: SessionForecast) -> list[Path]:
    """Write the session, those at the quantiles of its inputs, and session.json; return the files.

    The session's file is first. Hydra finds all of them under ``configuration/session``.
    """
    folder = directory / FOLDER / "session"
    folder.mkdir(parents=True, exist_ok=True)
    about = f"Forecast on {forecast.as_of:%Y-%m-%d}: {forecast.request.words}."
    sessions = {forecast.name: (forecast.session, "Every input is as it is forecast.")}
    for one in forecast.inputs:
        for level, value in zip(one.levels, one.quantiles, strict=True):
            name = next(
                key for key in forecast.varied if key.endswith("_" + file_suffix(one.name, level))
            )
            words = f"{one.heading} at its {100 * level:g} % quantile, {one.words(value)}."
            sessions[name] = (forecast.varied[name], words)
    paths = []
    for name, (session, words) in sessions.items():
        path = folder / f"{name}.yaml"
        path.write_text(session_text(session, forecast.request.start, [about, words]), "utf-8")
        paths.append(path)
    write_json(directory / "session.json", forecast.to_dict())
    return paths


def session_text(session: ClinicSession, start: str, comments: list[str]) -> str:
    """Return a file of the group ``session`` of ``python -m opt``."""
    described = session.to_dict()
    law = described.pop("service_time")
    lines = ["# @package _global_"]
    # A name may have any letters, but must not end the line of the comment.
    lines += [f"# {' '.join(comment.split())}" for comment in comments]
    # The file brings its own law: without one of the group nothing is left over of that.
    lines += ["defaults:", "  - override /service_time: null", "  - _self_"]
    lines += [f"start: '{start}'", "session:"]
    # JSON is YAML.
    lines += [f"  {name}: {json.dumps(value)}" for name, value in described.items()]
    lines.append(f"service_time: {json.dumps(law)}")
    return "\n".join(lines) + "\n"
