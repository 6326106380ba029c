"""``POST`` of a bundle: patients, practitioners and appointments from elsewhere."""

from typing import Any

from flask import request

from serve.api.call import Call
from serve.api.route import route
from serve.fhir.dialect import FHIR, Resource, fhir, resource
from serve.fhir.entries import Entry, read_entry
from serve.fhir.importing import Importer
from serve.fhir.outcome import Issue, NotTaken, outcome_of
from serve.fhir.validation import checked
from serve.imports.place import Place
from serve.models import Practice

#: Most entries of a bundle; larger ones are sent in parts.
MOST = 1_000
#: Types of bundles that are taken, and those of their answers.
TYPES = {"transaction": "transaction-response", "batch": "batch-response"}
DRY_RUN = {
    "name": "dry-run",
    "in": "query",
    "required": False,
    "description": "true to be told what would happen, and write nothing",
    "schema": {"enum": ["true", "false"]},
}


@route(
    fhir, "POST", "", "import.change", "Import a transaction or a batch",
    takes=Resource, gives=resource("Bundle"), dialect=FHIR, parameters=[DRY_RUN],
    example={"resourceType": "Bundle", "type": "batch", "entry": []},
)  # fmt: skip
def post_bundle(call: Call, given: Resource) -> dict[str, Any]:
    """Import a bundle: all of a transaction or nothing, of a batch what can be used."""
    body = given.model_dump()
    kind, sent = _opened(body)
    entries = [read_entry(number, one) for number, one in enumerate(sent)]
    _check_names(entries)
    if kind == "transaction":
        _refuse_wrong(entries)
    practice = call.session.get_one(Practice, call.practice_id)
    place = Place(practice.id, practice.zone, call.now, call.actor.user_id)
    tried = call.session.begin_nested()
    importer = Importer(call.session, place, entries)
    importer.run()
    if kind == "transaction":
        _refuse_wrong(entries)
    dry_run = request.args.get("dry-run") == "true"
    for report in importer.reports:
        details = {"table": report.table, **report.counts}
        if not dry_run:
            call.note("import", report.id, details=details)
    answer = {
        "resourceType": "Bundle",
        "type": TYPES[kind],
        "entry": [_told(one, importer, dry_run) for one in entries],
    }
    if dry_run:
        tried.rollback()
    else:
        tried.commit()
    return answer if entries else {name: answer[name] for name in ("resourceType", "type")}


def _opened(body: dict[str, Any]) -> tuple[str, list[Any]]:
    """Return type and entries of a bundle, before anything of them is looked at."""
    sent = body.get("entry", [])
    if isinstance(sent, list) and len(sent) > MOST:
        message = f"must have at most {MOST:,} entries: send it in parts"
        raise NotTaken([Issue("too-long", message, "Bundle.entry")], 413)
    checked({name: value for name, value in body.items() if name != "entry"}, "Bundle")
    if not isinstance(sent, list):
        raise NotTaken([Issue("structure", "must be a list", "Bundle.entry")])
    kind = body["type"]
    if kind not in TYPES:
        message = f"must be one of {', '.join(TYPES)}"
        raise NotTaken([Issue("not-supported", message, "Bundle.type")])
    return kind, sent


def _check_names(entries: list[Entry]) -> None:
    """Note entries that are called as an earlier one is."""
    first: dict[str, int] = {}
    for entry in entries:
        if entry.url and first.setdefault(entry.url, entry.number) != entry.number:
            message = f"must be no other entry's: entry {first[entry.url]} has it"
            entry.wrong("duplicate", message, "fullUrl")


def _refuse_wrong(entries: list[Entry]) -> None:
    issues = [issue for entry in entries for issue in entry.issues]
    if issues:
        raise NotTaken(issues)


def _told(entry: Entry, importer: Importer, dry_run: bool) -> dict[str, Any]:
    if entry.issues:
        outcome = outcome_of(entry.issues)
        return {"response": {"status": "422 Unprocessable Entity", "outcome": outcome}}
    there = entry.number in importer.there
    told: dict[str, Any] = {"status": "200 OK" if there else "201 Created"}
    if there or not dry_run:
        told["location"] = f"{entry.kind}/{importer.rows[entry.number]}"
    return {"response": told}
