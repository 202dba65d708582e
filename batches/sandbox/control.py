"""`/_sandbox/`: telling the stand-in what to be. From this machine only, never from a web page."""

import json
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .replies import Reply, json_reply
from .server import Incoming

if TYPE_CHECKING:
    from .sandbox import Sandbox

PREFIX = "/_sandbox/"
Body = dict[str, Any]


def control(sandbox: "Sandbox", incoming: Incoming) -> Reply:
    """Do what a control call says. A mistake in it is 400 with a sentence."""
    if not ip_address(incoming.peer).is_loopback or "origin" in incoming.headers:
        return json_reply({"error": "Only programs on this machine may do that"}, 403)
    name, _, rest = incoming.path.removeprefix(PREFIX).partition("/")
    action = ACTIONS.get(f"{incoming.method} {name}")
    if action is None:
        return json_reply({"error": "There is no such control", "controls": list(ACTIONS)}, 404)
    try:
        return json_reply(action(sandbox, unquote(rest), json.loads(incoming.body or b"{}")))
    except (ValueError, TypeError, KeyError) as error:
        return json_reply({"error": str(error)}, 400)


def show_variants(sandbox: "Sandbox", _: str, __: Body) -> Any:
    return sandbox.variants.as_json()


def set_variants(sandbox: "Sandbox", _: str, body: Body) -> Any:
    sandbox.configure(**body)
    return sandbox.variants.as_json()


def show_faults(sandbox: "Sandbox", _: str, __: Body) -> Any:
    return sandbox.faults.as_json()


def add_fault(sandbox: "Sandbox", _: str, body: Body) -> Any:
    sandbox.fault(**body)
    return sandbox.faults.as_json()


def reset(sandbox: "Sandbox", _: str, __: Body) -> Any:
    sandbox.reset()
    return {"reset": True}


def show_calls(sandbox: "Sandbox", _: str, __: Body) -> Any:
    return [call.as_json() for call in sandbox.calls]


def forget_calls(sandbox: "Sandbox", _: str, __: Body) -> Any:
    sandbox.forget_calls()
    return []


def add_project(sandbox: "Sandbox", _: str, body: Body) -> Any:
    sandbox.add_project(**body)
    return {"added": body["name"]}


def add_batch(sandbox: "Sandbox", _: str, body: Body) -> Any:
    if "created_at" in body:
        body["created_at"] = datetime.fromisoformat(body["created_at"])
    sandbox.add_batch(**body)
    return {"added": body["name"]}


def change_batch(sandbox: "Sandbox", name: str, body: Body) -> Any:
    """`{"status": …, "counts": {…}, "mode": …}`: put a batch where it then stays."""
    mode = body.get("mode", "live")
    if "counts" in body:
        sandbox.set_counts(name, mode=mode, **body["counts"])
    if "status" in body:
        sandbox.set_status(name, body["status"], mode=mode)
    return {"changed": name}


def remove_batch(sandbox: "Sandbox", name: str, body: Body) -> Any:
    sandbox.remove(name, mode=body.get("mode", "live"))
    return {"removed": name}


def set_key(sandbox: "Sandbox", _: str, body: Body) -> Any:
    """`{"key": …, "mode": …}`: let a key open a world; mode null refuses it."""
    if body["mode"] is None:
        sandbox.refuse_key(body["key"])
    else:
        sandbox.add_key(body["key"], body["mode"])
    return {"set": True}


ACTIONS: dict[str, Callable[["Sandbox", str, Body], Any]] = {
    "GET variants": show_variants,
    "POST variants": set_variants,
    "GET faults": show_faults,
    "POST faults": add_fault,
    "POST reset": reset,
    "GET calls": show_calls,
    "DELETE calls": forget_calls,
    "POST projects": add_project,
    "POST batches": add_batch,
    "PATCH batches": change_batch,
    "DELETE batches": remove_batch,
    "POST keys": set_key,
}
