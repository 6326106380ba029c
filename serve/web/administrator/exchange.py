"""What comes in by files, and what goes out to other programs."""

from typing import Any
from uuid import UUID

from flask import Response, make_response, request, url_for

from serve.api.call import Call
from serve.api.imports import ImportIn, get_columns, get_import, get_imports, post_import, post_undo
from serve.api.pages import PageIn
from serve.api.webhooks import (
    WebhookChange,
    WebhookIn,
    delete_webhook,
    get_deliveries,
    get_webhook,
    get_webhooks,
    patch_webhook,
    post_webhook,
)
from serve.web.administrator.blueprint import pages
from serve.web.forms import WrongForm, model_of
from serve.web.names import everything
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.webhooks.kinds import KINDS


@shows(pages, "/imports", "import.read")
def imports(call: Call) -> str:
    """Show what was imported, and the form for more."""
    return render(
        "administrator/imports.html",
        imports=get_imports(call, PageIn(limit=50))["items"],
        tables=get_columns(call)["tables"],
        report=None,
    )


@does(pages, "/imports", "import.change", form=imports)
def post_file(call: Call) -> Response:
    """Try a file, or import it, and show what came of it."""
    form = request.form
    file = request.files.get("file")
    if file is None or not file.filename:
        raise WrongForm([("file", _("Choose a file."))])
    given: dict[str, Any] = {
        "table": form.get("table", ""),
        "file": file,
        "dry_run": form.get("how") != "import",
        "on_error": "skip" if "skip" in form else "stop",
        "further": "ignore" if "ignore" in form else "refuse",
    }
    report = post_import(call, model_of(ImportIn, given))
    return make_response(
        render(
            "administrator/imports.html",
            imports=get_imports(call.to("import.read"), PageIn(limit=50))["items"],
            tables=get_columns(call.to("import.read"))["tables"],
            report=report,
        )
    )


@shows(pages, "/imports/<uuid:import_id>", "import.read")
def imported(call: Call, import_id: UUID) -> str:
    """Show an import."""
    return render("administrator/import.html", one=get_import(call, import_id))


@does(pages, "/imports/<uuid:import_id>/undo", "import.change", form=imported)
def undo_import(call: Call, import_id: UUID) -> Done:
    """Take an import back."""
    post_undo(call, import_id)
    return Done(url_for(".imports"), _("The import is taken back."))


def _webhook() -> dict[str, Any]:
    form = request.form
    return {
        "url": form.get("url", "").strip(),
        "kinds": form.getlist("kinds"),
        "active": "active" in form,
    }


@shows(pages, "/webhooks", "webhook.read")
def webhooks(call: Call) -> str:
    """List the webhooks."""
    found = everything(get_webhooks, call, PageIn())
    return render("administrator/webhooks.html", webhooks=found, kinds=_kinds())


@does(pages, "/webhooks", "webhook.change", form=webhooks)
def add_webhook(call: Call) -> Response:
    """Add a webhook, and show its secret this once."""
    made = post_webhook(call, model_of(WebhookIn, _webhook()))
    return make_response(render("administrator/webhook_secret.html", webhook=made))


@shows(pages, "/webhooks/<uuid:webhook_id>", "webhook.read")
def webhook(call: Call, webhook_id: UUID) -> str:
    """Show a webhook with what was sent to it."""
    sent = get_deliveries(call, webhook_id, PageIn(limit=50))["items"]
    found = get_webhook(call, webhook_id)
    return render("administrator/webhook.html", webhook=found, sent=sent, kinds=_kinds())


@does(pages, "/webhooks/<uuid:webhook_id>", "webhook.change", form=webhook)
def change_webhook(call: Call, webhook_id: UUID) -> Done:
    """Change a webhook."""
    patch_webhook(call, webhook_id, model_of(WebhookChange, _webhook()))
    return Done(url_for(".webhooks"), _("The webhook is changed."))


@does(pages, "/webhooks/<uuid:webhook_id>/delete", "webhook.change", form=webhook)
def end_webhook(call: Call, webhook_id: UUID) -> Done:
    """Delete a webhook."""
    delete_webhook(call, webhook_id)
    return Done(url_for(".webhooks"), _("The webhook is deleted."))


def _kinds() -> list[str]:
    return [f"{group}.*" for group in KINDS]
