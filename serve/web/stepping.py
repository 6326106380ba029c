"""Noting what happens to a visit with one button, and taking it back."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args
from uuid import UUID

from serve.api import attendance
from serve.api.appointments import CancelIn, Why, cancel_appointment
from serve.api.attendance import WhenIn
from serve.api.call import Call
from serve.errors import NotFound
from serve.models import Appointment, Patient
from serve.web.texts import _, marked

Step = Literal["arrive", "start", "end", "no-show", "cancel", "undo"]
#: What each button says, and what is said when it is done.
LABELS: Mapping[str, str] = {
    "arrive": marked("Arrived"),
    "start": marked("Start"),
    "end": marked("End"),
    "no-show": marked("Did not come"),
    "cancel": marked("Cancelled by phone"),
    "undo": marked("Undo the last step"),
}
SAID: Mapping[str, str] = {
    "arrive": marked("%(name)s is here."),
    "start": marked("The consultation of %(name)s began."),
    "end": marked("The consultation of %(name)s is over."),
    "no-show": marked("%(name)s did not come."),
    "cancel": marked("The visit of %(name)s is cancelled."),
    "undo": marked("The last step of %(name)s is taken back."),
}
#: Which action each asks for.
ACTIONS: Mapping[str, str] = {
    "cancel": "appointment.change",
    "undo": "appointment.undo",
}
_VIEWS: Mapping[str, Callable[[Call, UUID], Appointment]] = {
    "arrive": lambda call, visit: attendance.arrive(call, visit, WhenIn()),
    "start": lambda call, visit: attendance.start(call, visit, WhenIn()),
    "end": lambda call, visit: attendance.end(call, visit, WhenIn()),
    "no-show": lambda call, visit: attendance.no_show(call, visit, Why()),
    "cancel": lambda call, visit: cancel_appointment(call, visit, CancelIn(by="patient")),
    "undo": lambda call, visit: attendance.undo_step(call, visit, Why()),
}


def take_step(call: Call, appointment_id: UUID, step: str) -> tuple[Appointment, str]:
    """Note something of a visit; return it, and what is said of it.

    Raises
    ------
    NotFound
        If there is no such step.
    """
    if step not in get_args(Step):
        raise NotFound("step")
    version = call.if_match
    to = call.to(ACTIONS.get(step, "appointment.attend"))
    to.if_match = version
    made = _VIEWS[step](to, appointment_id)
    patient: Any = call.session.get_one(Patient, made.patient_id)
    return made, _(SAID[step]) % {"name": patient.name}
