"""All that is kept about one: to take away, and to have it erased."""

from flask import Response, jsonify, request, url_for

from serve.api.call import Call
from serve.api.patients import ExportOut, get_export, post_erase
from serve.auth.session import end
from serve.web.forms import WrongForm
from serve.web.page import Done, does, shows
from serve.web.patient.blueprint import pages
from serve.web.patient.whom import for_whom
from serve.web.rendering import render
from serve.web.texts import _


@shows(pages, "/data", "patient.export")
def data(call: Call) -> str:
    """Tell what can be done with what is kept."""
    whom = for_whom(call)
    return render("patient/data.html", whom=whom, own=whom.patient.user_id == call.actor.user_id)


@shows(pages, "/data.json", "patient.export", file=True)
def data_file(call: Call) -> Response:
    """Hand out everything that is kept, as a file."""
    whom = for_whom(call)
    told = ExportOut.model_validate(get_export(call, whom.patient.id)).model_dump(mode="json")
    response = jsonify(told)
    response.headers["Content-Disposition"] = "attachment; filename=my-data.json"
    return response


@does(pages, "/data/erase", "patient.erase", form=data)
def erase(call: Call) -> Done:
    """Erase what says who one is, for ever."""
    whom = for_whom(call)
    if request.form.get("sure") != "true":
        raise WrongForm([("sure", _("Tick this if you are sure."))])
    post_erase(call, whom.patient.id)
    end()
    return Done(url_for("everybody.sign_in"), _("Your data are erased."))
