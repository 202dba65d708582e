"""What Django's error page and error mail may show: nothing that was typed as a key or password.

Django's own filter rests with DEBUG, and hides the fields of a form but not the variables of the
frames that read them.
"""

from collections.abc import ItemsView, Iterable
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

from batches.refonte import Secret
from batches.views.form_replay import is_secret


class MuteFilter(SafeExceptionReporterFilter):
    """Hides each variable in which something secret that this request carried can be read."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        shown = super().get_post_parameters(request)
        return {name: self._muted(name, value) for name, value in shown.items()}

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        secrets = [*self._typed(request)]
        found = super().get_traceback_frame_variables(request, tb_frame)
        return {
            name: self.cleansed_substitute if tells(value, secrets) else value
            for name, value in found
        }.items()

    def _typed(self, request: HttpRequest | None) -> Iterable[Secret]:
        fields = request.POST.lists() if request else ()
        for name, values in fields:
            if is_secret(name):
                yield from (Secret(value) for value in values if value)

    def _muted(self, name: str, value: Any) -> Any:
        return self.cleansed_substitute if is_secret(name) else value


def tells(value: Any, secrets: list[Secret]) -> bool:
    if not secrets:
        return False
    text = repr(value)
    return any(secret.hide_in(text) != text for secret in secrets)
