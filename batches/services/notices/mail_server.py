"""Whether this console can send mail."""

from django.conf import settings


def is_set_up() -> bool:
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")
