"""What Django's error page and error mail may show: no API key, password or token that was sent."""

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

from batches.personal_tokens import hide_tokens
from batches.refonte import Secret
from batches.views.form_replay import is_secret


class SecretsFilter(SafeExceptionReporterFilter):
    def is_active(self, request: HttpRequest | None) -> bool:
        # Django's own filter is off with DEBUG
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        shown = super().get_post_parameters(request)
        return {
            name: self.cleansed_substitute if is_secret(name) else value
            for name, value in shown.items()
        }

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        """Hides each variable in which a secret of this request can be read, in any encoding."""
        # Django hides only variables that a decorator names: other frames read the secret as well
        secrets = _typed_secrets(request)
        return {
            name: self.cleansed_substitute if _shows_any(secrets, value) else value
            for name, value in super().get_traceback_frame_variables(request, tb_frame)
        }.items()


def _typed_secrets(request: HttpRequest | None) -> list[Secret]:
    fields = request.POST.lists() if request else ()
    return [
        Secret(value) for name, values in fields if is_secret(name) for value in values if value
    ]


def _shows_any(secrets: list[Secret], value: Any) -> bool:
    text = repr(value)
    # a personal token was sent in a header, or has just been made
    if hide_tokens(text) != text:
        return True
    return any(secret.hide_in(text) != text for secret in secrets)
