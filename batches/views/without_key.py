"""What is answered where a page cannot be drawn with the key its address names."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from batches.views.request import Request
from dashboard.sessions import is_poll
from dashboard.typed import address_of_form

WRONG = "This page was opened with another key. Nothing was sent."


def no_key(request: Request) -> HttpResponse:
    """No key yet, or none of the mode that the link needs: how to get one."""
    if request.htmx:
        return _aside(request, request.key_choice.note or "You have no API key yet.")
    return render(request, "keys/no_key.html", {"choice": request.key_choice})


def wrong_key(request: Request) -> HttpResponse:
    """A write with a key that is not its page's: a switch in one tab never turns another's form."""
    if request.htmx:
        return _aside(request, f"{WRONG} Reload the page, then try again.")
    context = {"words": WRONG, "back": address_of_form(request)}
    return render(request, "keys/wrong_key.html", context, status=409)


def unreadable(request: Request, words: str) -> HttpResponse:
    """The sealed key does not open: its owner enters it again."""
    if request.htmx:
        return _aside(request, words)
    context = {"words": words, "key": getattr(request, "key", None)}
    return render(request, "keys/unreadable.html", context)


def poll_of_lost_key(request: Request) -> HttpResponse:
    """The page's key was deleted or is shared no more: stop polling, say why, keep the numbers."""
    return render(request, "keys/_lost_key.html")


def _aside(request: HttpRequest, words: str) -> HttpResponse:
    """For htmx: words beside the page, which stays as it is. A poll is stopped by them."""
    if is_poll(request):
        return render(request, "keys/_lost_key.html", {"words": words})
    messages.error(request, words)
    answer = render(request, "_messages.html", status=409)
    answer["HX-Retarget"] = "#messages"
    answer["HX-Reswap"] = "beforeend"
    return answer
