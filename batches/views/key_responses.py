"""What is answered where a page cannot be drawn with the key its address names.

How a lost key is called is known from the page that asks alone: it sends the label along. Nobody is
told so of a key that they could not read with.
"""

from urllib.parse import unquote

from django.contrib import messages
from django.contrib.messages import INFO
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django_htmx.http import reswap, retarget, trigger_client_event

from batches.views.drawn_again import draw_again
from batches.views.request import Request
from dashboard.web.form_replay import address_of_form
from dashboard.web.sessions import is_poll

WRONG = "This page was opened with another key. Nothing was sent."
LONGEST_LABEL = 60
LABEL, SHARED = "X-Key-Label", "X-Key-Shared"


def no_key(request: Request) -> HttpResponse:
    """No key yet, or none of the mode that the link needs: how to get one."""
    if request.htmx:
        return _aside(request, request.key_choice.note or "You have no API key yet.")
    return render(request, "keys/no_key.html", {"choice": request.key_choice})


def wrong_key(request: Request) -> HttpResponse:
    """A write with a key that is not its page's: a switch in one tab never turns another's form."""
    words = f"{WRONG} Reload the page, then try again." if request.htmx else WRONG
    return _refused(request, words)


def lost_key(request: Request) -> HttpResponse:
    """A write with a key that was deleted or is shared no more. What was typed stays."""
    return _refused(request, f"{lost_words(request)} Nothing was sent.")


def replaced_key(request: Request, label: str) -> HttpResponse:
    """The form again, for the key that is in its place now: its person decides once more."""
    words = f"The key “{label}” was replaced. Nothing was sent."
    if request.htmx.target == "messages":  # sent from a message, which has no room for a form
        return _aside(request, f"{words} Reload the page, then try again.")
    request.drawn_again_because = f"{words} Send it again to use the new key."
    back = address_of_form(request)
    answer = draw_again(request)
    if answer is None:
        return _refused(request, words, back)
    answer.status_code = 409
    return retarget(answer, "closest .sheet") if request.htmx else answer


def unreadable(request: Request, words: str) -> HttpResponse:
    """The sealed key does not open: its owner enters it again."""
    if request.htmx:
        return _aside(request, words)
    context = {"words": words, "key": getattr(request, "key", None)}
    return render(request, "keys/unreadable.html", context)


def poll_of_lost_key(request: HttpRequest) -> HttpResponse:
    """The page's key was deleted or is shared no more: stop polling, say why, keep the numbers."""
    return _stopped(request, lost_words(request))


def say_replaced(answer: HttpResponse, label: str) -> None:
    """To a poll that is answered with news: among them, that the page goes on with another key."""
    said = f"The key “{label}” was replaced; this page goes on with the new one."
    context = {"messages": [Message(INFO, said)]}
    answer.content += render_to_string("actions/_done.html", context).encode()


def lost_words(request: HttpRequest) -> str:
    label = unquote(request.headers.get(LABEL, "")) or request.POST.get("key_label", "")
    if not label.isprintable() or not 0 < len(label) <= LONGEST_LABEL:
        return "The key of this page was deleted, or is no longer shared with you."
    if SHARED in request.headers:
        return f"The key “{label}” is no longer shared with you."
    return f"The key “{label}” was deleted."


def _refused(request: Request, words: str, back: str = "") -> HttpResponse:
    if request.htmx:
        return _aside(request, words)
    context = {"words": words, "back": back or address_of_form(request)}
    return render(request, "keys/wrong_key.html", context, status=409)


def _stopped(request: HttpRequest, words: str) -> HttpResponse:
    """Whatever asked stays as it is; the band and the stamp of its page tell."""
    answer = render(request, "keys/_lost_key.html", {"words": words})
    return trigger_client_event(reswap(answer, "none"), "key-lost")


def _aside(request: HttpRequest, words: str) -> HttpResponse:
    """For htmx: words beside the page, which stays as it is. A poll is stopped by them."""
    if is_poll(request):
        return _stopped(request, words)
    messages.error(request, words)
    answer = render(request, "_messages.html", status=409)
    return reswap(retarget(answer, "#messages"), "beforeend")
