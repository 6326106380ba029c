"""Giving free times to everybody who waits for one, at once and fairly."""

from datetime import timedelta

from flask import url_for

from serve.api.appointments import AppointmentsIn, get_appointments
from serve.api.call import Call
from serve.api.fields import Day, Sent
from serve.api.run_schemas import AllocationIn, RunsIn
from serve.api.runs import get_runs, post_allocation
from serve.api.waiting_list import EntriesIn, get_entries
from serve.web.administrator.blueprint import pages
from serve.web.forms import read
from serve.web.names import everything
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import on_wall
from serve.web.work.runs import STATES

#: Without seeing who waits nobody gives out times.
NEEDS = ("appointment.read", "waitlist.read")
#: Days whose free times are given out if nothing else is said.
USUAL = timedelta(days=27)


class Window(Sent):
    """From which date to which."""

    first: Day
    last: Day


@shows(pages, "/allocation", "run.read", also=NEEDS)
def allocation(call: Call) -> str:
    """Show who waits, and the allocations so far."""
    requests = everything(
        get_appointments, call.to("appointment.read"), AppointmentsIn(status="requested")
    )
    waiting = everything(get_entries, call.to("waitlist.read"), EntriesIn(status="waiting"))
    today = on_wall(call.now)
    return render(
        "administrator/allocation.html",
        requests=len(requests),
        waiting=len(waiting),
        runs=get_runs(call, RunsIn(kind="allocation", limit=10))["items"],
        states=STATES,
        first=today + timedelta(days=1),
        last=today + timedelta(days=1) + USUAL,
    )


@does(pages, "/allocation", "run.submit", form=allocation, also=NEEDS)
def allocate(call: Call) -> Done:
    """Begin an allocation."""
    window = read(Window)
    run = post_allocation(call, AllocationIn(first=window.first, last=window.last))
    return Done(url_for("work.run", run_id=run.id), _("The allocation has begun."))
