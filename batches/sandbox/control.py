"""The control endpoints below `/_sandbox/`: variants, faults, data and keys over HTTP."""

import json
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote

from .replies import Reply, json_reply
from .server import Incoming
from .vendor import Vendor

PREFIX = "/_sandbox/"
Body = dict[str, Any]


def control(vendor: Vendor, incoming: Incoming) -> Reply:
    """The answer to a control call: 400 with a message for a bad one, 403 from elsewhere."""
    # a browser sends Origin: no web page may change what a test or demo has set
    if not ip_address(incoming.peer).is_loopback or "origin" in incoming.headers:
        return json_reply({"error": "Only programs on this machine may do that"}, 403)
    name, _, rest = incoming.path.removeprefix(PREFIX).partition("/")
    action = ACTIONS.get(f"{incoming.method} {name}")
    if action is None:
        return json_reply({"error": "There is no such control", "controls": list(ACTIONS)}, 404)
    try:
        return json_reply(action(vendor, unquote(rest), json.loads(incoming.body or b"{}")))
    except (ValueError, TypeError, KeyError) as error:
        # unknown options, wrong types and missing fields, from whichever method was called
        return json_reply({"error": str(error)}, 400)


def show_variants(vendor: Vendor, _: str, __: Body) -> Any:
    return vendor.variants.as_json()


def set_variants(vendor: Vendor, _: str, body: Body) -> Any:
    vendor.configure(**body)
    return vendor.variants.as_json()


def show_faults(vendor: Vendor, _: str, __: Body) -> Any:
    return vendor.faults.as_json()


def add_fault(vendor: Vendor, _: str, body: Body) -> Any:
    vendor.fault(**body)
    return vendor.faults.as_json()


def reset(vendor: Vendor, _: str, __: Body) -> Any:
    vendor.reset()
    return {"reset": True}


def show_beginning(vendor: Vendor, _: str, __: Body) -> Any:
    return vendor.beginning


def show_calls(vendor: Vendor, _: str, __: Body) -> Any:
    return [call.as_json() for call in vendor.calls]


def forget_calls(vendor: Vendor, _: str, __: Body) -> Any:
    vendor.forget_calls()
    return []


def add_project(vendor: Vendor, _: str, body: Body) -> Any:
    vendor.add_project(**body)
    return {"added": body["name"]}


def add_batch(vendor: Vendor, _: str, body: Body) -> Any:
    if "created_at" in body:
        # JSON has no times; `Vendor.add_batch` takes a datetime, as tests pass one
        body["created_at"] = datetime.fromisoformat(body["created_at"])
    vendor.add_batch(**body)
    return {"added": body["name"]}


def change_batch(vendor: Vendor, name: str, body: Body) -> Any:
    """`{"status": …, "counts": {…}, "mode": …}`, which the clock no longer changes."""
    mode = body.get("mode", "live")
    # counts first: setting a status stores the present counts with it
    if "counts" in body:
        vendor.set_counts(name, mode=mode, **body["counts"])
    if "status" in body:
        vendor.set_status(name, body["status"], mode=mode)
    return {"changed": name}


def remove_batch(vendor: Vendor, name: str, body: Body) -> Any:
    vendor.remove(name, mode=body.get("mode", "live"))
    return {"removed": name}


def set_key(vendor: Vendor, _: str, body: Body) -> Any:
    """`{"key": …, "mode": …}`; mode null refuses the key."""
    if body["mode"] is None:
        vendor.refuse_key(body["key"])
    else:
        vendor.add_key(body["key"], body["mode"])
    return {"set": True}


ACTIONS: dict[str, Callable[[Vendor, str, Body], Any]] = {
    "GET variants": show_variants,
    "POST variants": set_variants,
    "GET faults": show_faults,
    "POST faults": add_fault,
    "POST reset": reset,
    "GET beginning": show_beginning,
    "GET calls": show_calls,
    "DELETE calls": forget_calls,
    "POST projects": add_project,
    "POST batches": add_batch,
    "PATCH batches": change_batch,
    "DELETE batches": remove_batch,
    "POST keys": set_key,
}
