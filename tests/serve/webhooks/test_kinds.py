"""The kinds of events: those that are written are those that may be asked for."""

import ast
from pathlib import Path

import serve
from serve.webhooks.kinds import KINDS, asks_for, checked_kind


def written() -> set[str]:
    """Return the kinds that the code announces; ``*`` for a part that is not written out."""
    found = set()
    for path in Path(serve.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(getattr(node, "func", None), "id", "")
            if name != "announce" or len(node.args) < 3:
                continue
            kind = node.args[2]
            if isinstance(kind, ast.Constant):
                found.add(kind.value)
            elif isinstance(kind, ast.JoinedStr):
                found.add("".join(getattr(part, "value", "") if isinstance(part, ast.Constant)
                                  else "*" for part in kind.values))  # fmt: skip
    return found


def test_whatever_is_announced_can_be_asked_for():
    """By its kind, or by its group where the kind depends."""
    kinds = written()
    assert {"waitlist.offered", "appointment.*", "run.*"} <= kinds
    for kind in kinds:
        assert checked_kind(kind) == kind


def test_a_webhook_asks_for_kinds_groups_or_all():
    """And for nothing that only begins alike."""
    assert asks_for([], "run.done")
    assert asks_for(["run.*"], "run.done")
    assert asks_for(["run.done"], "run.done")
    assert not asks_for(["run.done"], "run.failed")
    assert not asks_for(["run.*"], "running.done")
    assert all(checked_kind(f"{group}.*") for group in KINDS)
