"""The links in mails by which no more are asked for: for whoever has the mail, without signing in.

A mail program that knows RFC 8058 sends the POST by itself when its button is pressed; in a browser
a page asks first, because many programs follow every link of a mail to see where it leads.
"""

from apiflask import APIBlueprint
from flask import Response, current_app

from serve.api.call import Call
from serve.api.route import route
from serve.notify.unsubscribing import page_to_ask, page_when_done, patient_of_link, stop_mail

unsubscribing = APIBlueprint("unsubscribing", __name__, url_prefix="/api/v1")

PAGE = "text/html"


@route(
    unsubscribing, "GET", "/notices/unsubscribe/<link>", "message.stop",
    "Ask whether e-mails are to stop", files=(PAGE,), linked=True,
)  # fmt: skip
def get_unsubscribe(call: Call, link: str) -> Response:
    """Return a page with a button; nothing is changed, however often it is asked for."""
    patient = patient_of_link(call.session, link, current_app.config["SECRET_KEY"])
    return Response(page_to_ask(call.session, patient), mimetype=PAGE)


@route(
    unsubscribing, "POST", "/notices/unsubscribe/<link>", "message.stop",
    "Stop the e-mails that a link came with", files=(PAGE,), linked=True,
)  # fmt: skip
def post_unsubscribe(call: Call, link: str) -> Response:
    """Send no more mail to the patient of a link (RFC 8058); what is sent with it says nothing."""
    key = current_app.config["SECRET_KEY"]
    patient = patient_of_link(call.session, link, key, to_change=True)
    call.opened(patient.practice_id)
    if stop_mail(call.session, patient, call.now):
        call.note("preference", patient.id, patient.id)
    return Response(page_when_done(call.session, patient), mimetype=PAGE)
