"""What a coming session will be: its inputs as the models in use forecast them."""

from datetime import timedelta

from flask import request, url_for

from serve.api.call import Call
from serve.api.run_schemas import SessionForecastIn
from serve.api.runs import post_session
from serve.web.analyst.blueprint import pages
from serve.web.forms import read
from serve.web.names import providers_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import on_wall


@shows(pages, "/session", "run.submit")
def coming(call: Call) -> str:
    """Show the form of a session."""
    return render(
        "analyst/coming.html",
        providers={key: one for key, one in providers_of(call).items() if one.active},
        day=on_wall(call.now) + timedelta(days=7),
        chosen=request.args.get("provider_id", ""),
    )


@does(pages, "/session", "run.submit", form=coming)
def forecast(call: Call) -> Done:
    """Forecast a session by the models in use."""
    run = post_session(call, read(SessionForecastIn))
    return Done(url_for("work.run", run_id=run.id), _("The session is forecast."))
