"""The response where access was denied, or where the key of the address cannot be used."""

from urllib.parse import unquote

from django.contrib import messages
from django.contrib.messages import INFO
from django.contrib.messages.storage.base import Message
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django_htmx.http import reswap, retarget, trigger_client_event

from batches.services.keys.vault import NOT_OPENED
from batches.views.access import Decision, Denial
from batches.views.empty_states import no_key_yet
from batches.views.form_replay import address_of_form, replay_form
from batches.views.request import Request, is_poll

WRONG = "This page was opened with another key. Nothing was sent."
READ_ONLY = "This key is shared with you for reading. Operate with a key of your own."
RELOAD = "Reload the page, then try again."
LONGEST_LABEL = 60
LABEL, SHARED = "X-Key-Label", "X-Key-Shared"


def denied(request: Request, decision: Decision) -> HttpResponse:
    """Raises PermissionDenied where the role or the owner of the key is the reason."""
    match decision.denial:
        case Denial.NO_KEY:
            return _no_key(request)
        case Denial.WRONG_KEY:
            return _refused(request, f"{WRONG} {RELOAD}" if request.htmx else WRONG)
        case Denial.KEY_GONE if is_poll(request):
            return stop_poll(request)
        case Denial.KEY_GONE:
            return _refused(request, f"{_gone_message(request)} Nothing was sent.")
        case Denial.KEY_REPLACED:
            return _replaced(request)
        case Denial.KEY_UNREADABLE:
            return unreadable(request, NOT_OPENED)
        case Denial.KEY_READ_ONLY:
            raise PermissionDenied(READ_ONLY)
    raise PermissionDenied(decision.needed.refusal)


def unreadable(request: Request, message: str) -> HttpResponse:
    """The key cannot be decrypted: its owner enters it again."""
    if request.htmx:
        return _beside_page(request, message)
    context = {"words": message, "key": getattr(request, "key", None)}
    return render(request, "keys/unreadable.html", context)


def stop_poll(request: HttpRequest) -> HttpResponse:
    """The page's key was deleted or is no longer shared: a message, and the numbers stay."""
    return _stopped(request, _gone_message(request))


def add_replaced_message(response: HttpResponse, label: str) -> None:
    """For an open page, which goes on with a new key."""
    text = f"The key “{label}” was replaced; this page goes on with the new one."
    context = {"messages": [Message(INFO, text)]}
    response.content += render_to_string("_messages.html#added", context).encode()


def _no_key(request: Request) -> HttpResponse:
    """A page with the way to add a key."""
    if request.htmx:
        return _beside_page(request, request.key_choice.note or "You have no API key yet.")
    context = {"empty": no_key_yet(request.key_choice, add_url=f"{reverse('keys:list')}#add")}
    return render(request, "keys/no_key.html", context)


def _replaced(request: Request) -> HttpResponse:
    """The form again, for the key that is in its place now: the person decides once more."""
    message = f"The key “{request.key.label}” was replaced. Nothing was sent."
    if request.htmx.target == "messages":  # sent from a message, which cannot show a form
        return _beside_page(request, f"{message} {RELOAD}")
    request.retry_reason = f"{message} Send it again to use the new key."
    back = address_of_form(request)  # read now: replaying the form empties the POST
    response = replay_form(request)
    if response is None:
        return _refused(request, message, back)
    response.status_code = 409
    return retarget(response, "closest .sheet") if request.htmx else response


def _gone_message(request: HttpRequest) -> str:
    # only the open page has the name of a deleted key; percent-encoded, as headers are ASCII
    label = unquote(request.headers.get(LABEL, "")) or request.POST.get("key_label", "")
    # the page sends the label, so anybody can send anything: only a plain short one is repeated
    if not label.isprintable() or not 0 < len(label) <= LONGEST_LABEL:
        return "The key of this page was deleted, or is no longer shared with you."
    if SHARED in request.headers:
        return f"The key “{label}” is no longer shared with you."
    return f"The key “{label}” was deleted."


def _refused(request: Request, message: str, back: str = "") -> HttpResponse:
    """A write was not sent. Links back to its form with what was typed."""
    if request.htmx:
        return _beside_page(request, message)
    context = {"words": message, "back": back or address_of_form(request)}
    return render(request, "keys/wrong_key.html", context, status=409)


def _beside_page(request: HttpRequest, message: str) -> HttpResponse:
    """For htmx: a message, while the page stays as it is."""
    # a poll would repeat its message with every interval
    if is_poll(request):
        return _stopped(request, message)
    messages.error(request, message)
    response = render(request, "_messages.html", status=409)
    return reswap(retarget(response, "#messages"), "beforeend")


def _stopped(request: HttpRequest, message: str) -> HttpResponse:
    """Swaps nothing of the page; its band and its stamp change."""
    # the numbers on screen stay: they are the last that were read with this key
    response = render(request, "keys/_lost_key.html", {"words": message})
    return trigger_client_event(reswap(response, "none"), "key-lost")
