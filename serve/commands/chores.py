"""``refit`` and ``forget``: what workers do by night, for whoever calls it by a clock instead."""

import click
from flask import current_app
from flask.cli import with_appcontext

from serve.clock import now
from serve.commands.failures import in_one_line


@click.command("refit")
@with_appcontext
def refit_models() -> None:
    """Let the models of each practice in which it is night learn, and look for drift.

    What is to be done is submitted once a night, and done by a worker: call it every hour. A model
    comes into use only if it is surely better than the one in use.
    """
    from serve.jobs.periodic import learn
    from serve.jobs.queue import queues_of

    with in_one_line():
        submitted = learn(queues_of(current_app))
    click.echo(f"{submitted} runs are submitted.")


@click.command("forget")
@with_appcontext
def forget_old() -> None:
    """Erase what is not kept any longer: patients as each practice says, events, deliveries."""
    from serve.jobs.chores import forget

    with in_one_line():
        erased = forget(now())
    click.echo(f"{erased} patients are erased.")
