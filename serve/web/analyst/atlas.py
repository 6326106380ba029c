"""Proved optima that lie ready: looked up by what a session is like."""

from pathlib import Path
from typing import Annotated, Any

from flask import current_app
from pydantic import Field

from objective import InvalidInput
from opt.atlas import Atlas, Query
from opt.atlas.lookup import atlas_at
from serve.api.call import Call
from serve.api.fields import Sent
from serve.web.administrator.session_form import SessionForm
from serve.web.analyst.blueprint import pages
from serve.web.forms import read
from serve.web.page import shows
from serve.web.rendering import render

#: Folder of the atlas in the service's home folder, as `python -m opt.atlas` writes it.
FOLDER = "atlas"
#: How an atlas of usual sessions is made.
COMMAND = (
    "python -m opt.atlas path=%s 'grid.patients=[10,12,14]' 'grid.intervals=[36]' "
    "'grid.mean=[2,2.5]'"
)


class AtlasForm(Sent):
    """What a session is like; times in intervals."""

    patients: Annotated[int, Field(ge=1, le=500)] | None = None
    intervals: Annotated[int, Field(ge=1, le=2000)] | None = None
    mean: Annotated[float, Field(gt=0, le=100)] | None = None
    cv: Annotated[float, Field(gt=0, le=5)] | None = None
    no_show: Annotated[float, Field(ge=0, lt=1)] | None = None
    waiting_share: Annotated[float, Field(gt=0, lt=1)] | None = None


@shows(pages, "/atlas", "run.read")
def atlas(call: Call) -> str:
    """Show the optimum of a session, or the nearest that is there."""
    folder = Path(current_app.config["SETTINGS"].home) / FOLDER
    asked = read(AtlasForm)
    there = atlas_of(folder)
    if there is None:
        return render("analyst/atlas.html", there=None, command=COMMAND % folder)
    grid = there.grid
    chosen: dict[str, Any] = {
        name: getattr(asked, name) if getattr(asked, name) is not None else values[len(values) // 2]
        for name, values in (
            ("patients", grid.patients),
            ("intervals", grid.intervals),
            ("mean", grid.mean),
            ("cv", grid.cv),
            ("no_show", grid.no_show),
            ("waiting_share", grid.waiting_share),
        )
    }
    query = Query(law=grid.law, **chosen)
    row = there.find(query)
    near = there.nearest(query)[0]
    optimum = near.optimum if row is None else there[row]
    return render(
        "analyst/atlas.html",
        there=there,
        chosen=chosen,
        exact=row is not None,
        optimum=optimum,
        instances=len(there),
        same=SessionForm(
            patients=optimum.patients,
            intervals=optimum.intervals,
            interval_length=5.0,
            mean=5.0 * optimum.mean,
            cv=optimum.cv,
            no_show=optimum.no_show,
            balance=max(1, min(99, round(100 * (1 - optimum.waiting_share)))),
        ).query(),
    )


def atlas_of(folder: Path) -> Atlas | None:
    """Return the atlas of a folder; None if there is none that can be read."""
    try:
        return atlas_at(folder)
    except InvalidInput:
        return None
