"""The address that Refonte calls about a batch. It asks for no sign-in and tells nothing."""

from contextlib import suppress

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from batches.services.callbacks import arrivals

LARGEST = 64 * 1024  # bytes of a body
TOO_LARGE = f"At most {LARGEST:,} bytes are taken here.\n"


@login_not_required
@csrf_exempt
@never_cache  # around the next one: its 405 is not kept either
@require_POST
def receive(request: HttpRequest, token: str) -> HttpResponse:
    """204 whatever the token, at once: it is looked up later, by another thread."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST:
        return HttpResponse(TOO_LARGE, status=413, content_type="text/plain; charset=utf-8")
    # read, as a server that closes a connection with unread bytes cuts its answer off; and
    # not believed: what the batch is now, Refonte is asked
    with suppress(UnreadablePostError):
        request.read(LARGEST)
    arrivals.take_call(token)
    return HttpResponse(status=204)
