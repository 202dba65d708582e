"""How every call must end under every fault, told by what the fault means for a vendor call."""

from tests.faults.cells import CREATE, CREATE_BLIND, FINALIZE_BLIND, PRIORITIZE, Call
from tests.refonte.test_faults import BARE_YES, OUTCOMES

UNKNOWN = frozenset({"no_answer", "vendor_error", "bad_answer"})


def expected_outcome(fault: str, call: Call) -> str:
    meaning = OUTCOMES.get(fault, "bad_answer")
    if call in (CREATE_BLIND, FINALIZE_BLIND):
        return _blind(meaning, call)
    return _write(fault, meaning, call) if call.is_write else _read(fault, meaning, call)


def _read(fault: str, meaning: str, call: Call) -> str:
    if meaning == "ok" or (fault == "names_missing" and call.name.startswith("list")):
        return "live"
    if meaning == "not_found" and call.name == "detail page":
        return "answered 404"
    if meaning != "key_refused":
        return "last state"
    # what was read with a key that is refused is not shown any more
    return "answered 503" if call.name == "detail page" else "words only"


def _write(fault: str, meaning: str, call: Call) -> str:
    """Never failed where it is unknown, never unknown where the vendor said no."""
    if meaning == "ok" or (fault in BARE_YES and call is not CREATE):
        return "succeeded"
    if meaning in UNKNOWN:
        return "unconfirmed" if call is PRIORITIZE else "checking"
    return "waiting" if meaning == "throttled" else "refused"


def _blind(meaning: str, call: Call) -> str:
    """The reading before it failed, so nothing was sent; "not found" is what a create asks for."""
    if meaning == "not_found":
        return "succeeded" if call is CREATE_BLIND else "refused"
    told = {"ok": "succeeded", "throttled": "waiting", "key_refused": "refused"}
    return told.get(meaning, "not_sent")
