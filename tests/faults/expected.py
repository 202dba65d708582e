"""How every call must end under every fault, told by what the fault means for a vendor call."""

from tests.faults.calls import CREATE, CREATE_BLIND, FINALIZE_BLIND, PRIORITIZE, Call
from tests.faults.faults import REFUSING
from tests.faults.outcomes import BARE_YES, OUTCOMES

UNKNOWN = frozenset({"no_answer", "vendor_error", "bad_answer"})
# these last to the deadline: no time is left for a read after them
LASTING = frozenset(
    {
        "never_answers",
        "body_dripped",
        "body_dripped_unframed",
        "headers_dripped",
        "continues_dripped",
        "interim_headers_dripped",
    }
)


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
    """Never failed where it was done or is unknown, whatever the POST was answered."""
    if meaning in {"ok", "key_refused"}:
        return "succeeded" if meaning == "ok" else "refused"
    if call is PRIORITIZE:
        return _prioritized(fault, meaning)
    if fault not in REFUSING:  # the vendor acted, and a read after it shows that in time
        return _acted(fault, meaning, call)
    if meaning in UNKNOWN or (meaning == "conflict" and call is CREATE):
        return "checking"
    return "waiting" if meaning == "throttled" else "refused"


def _acted(fault: str, meaning: str, call: Call) -> str:
    """A name that is taken, or a refusal, may as well speak of what somebody else did."""
    if fault in LASTING:
        return "checking"
    is_no = meaning in ("conflict", "rejected")
    return "unconfirmed" if is_no and call is CREATE else "succeeded"


def _prioritized(fault: str, meaning: str) -> str:
    """Nothing shows what it did, so its answer alone counts."""
    if fault in BARE_YES:
        return "succeeded"
    if meaning in UNKNOWN or meaning == "conflict":
        return "unconfirmed"
    return "waiting" if meaning == "throttled" else "refused"


def _blind(meaning: str, call: Call) -> str:
    """The reading before it failed, so nothing was sent; "not found" is what a create asks for."""
    if meaning == "not_found":
        return "succeeded" if call is CREATE_BLIND else "refused"
    told = {"ok": "succeeded", "throttled": "waiting", "key_refused": "refused"}
    return told.get(meaning, "not_sent")
