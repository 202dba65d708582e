"""The vendor's API, one method for each endpoint.

Each call is sent once, without retries or redirects, and ends at the caller's deadline. It returns
an `Answer` or raises one of the errors in `errors`. Keys are passed to each call and not stored.
"""

import ipaddress
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from .answer_match import check_name, parse_page_for, parse_projects_only, parse_status_for
from .deadline import Deadline
from .errors import BadAnswer, RefonteError, error_for_status
from .limits import keep_rows
from .messages import Reply, Request, Transport
from .names import encode_name
from .replies import bad_answer, error_of, log_excerpt, read_payload, request_id, vendor_date
from .secret import Secret
from .transport import PooledTransport
from .types import (
    PROJECTS_MAX,
    Answer,
    Batch,
    BatchPage,
    BatchStatus,
    ListQuery,
    Project,
    parse_accepted,
    parse_batch,
    parse_finalized,
)

logger = logging.getLogger("batches.refonte")
T = TypeVar("T")

PRIORITY_MIN, PRIORITY_MAX = 10, 30


class Client:
    """One vendor address, for any number of keys and threads.

    base_url: such as `https://api.refonte.com/v1`; plain http for loopback only.
    ca_bundle, proxy, pool_size: see `PooledTransport`; not used with a `transport`.

    Raises ValueError for a bad base_url. Every method may raise any `RefonteError` but Busy, and
    `Unaddressable` where it takes a name.
    """

    def __init__(
        self,
        base_url: str,
        *,
        ca_bundle: str | None = None,
        proxy: str | None = None,
        pool_size: int = 64,
        transport: Transport | None = None,
    ) -> None:
        self._base_url = _checked_url(base_url)
        self._transport = transport or PooledTransport(
            ca_bundle=ca_bundle, proxy=proxy, pool_size=pool_size
        )

    def list_batches(
        self, key: Secret, query: ListQuery, *, deadline: Deadline
    ) -> Answer[BatchPage]:
        """One page, newest first. BadAnswer where it is the answer to another query."""
        parse = partial(parse_page_for, query=query)
        answer = self._get(key, "/batches", parse, deadline, params=query.as_params())
        # a cached payload needs no more rows than its reader will parse
        return replace(answer, payload=keep_rows(answer.payload, query.limit))

    def get_batch(self, key: Secret, name: str, *, deadline: Deadline) -> Answer[Batch]:
        """One batch. BadAnswer where the answer is another batch."""
        return self._get(key, _path(name), partial(_parse_named, name=name), deadline)

    def get_status(self, key: Secret, name: str, *, deadline: Deadline) -> Answer[BatchStatus]:
        """Status and counts of one batch. BadAnswer where the answer names another one."""
        parse = partial(parse_status_for, name=name)
        return self._get(key, _path(name, "/status"), parse, deadline)

    def list_projects(self, key: Secret, *, deadline: Deadline) -> Answer[tuple[Project, ...]]:
        """The projects of the account, `PROJECTS_MAX` at most."""
        answer = self._get(key, "/projects", parse_projects_only, deadline)
        return replace(answer, payload=keep_rows(answer.payload, PROJECTS_MAX))

    def create_batch(
        self,
        key: Secret,
        *,
        project: str,
        name: str,
        callback: str | None = None,
        calibration_batch: bool = False,
        self_label_batch: bool = False,
        deadline: Deadline,
    ) -> Answer[Batch]:
        """Create a batch. After an error with `may_have_happened`, read before sending it again."""
        encode_name(name)  # a batch with such a name could never be read
        fields: dict[str, Any] = {"project": project, "name": name}
        optional = {
            "callback": callback,
            "calibration_batch": calibration_batch,
            "self_label_batch": self_label_batch,
        }
        fields |= {field: value for field, value in optional.items() if value}
        parse = partial(_parse_named, name=name)
        return self._post(key, "/batches", parse, deadline, fields=fields)

    def finalize_batch(self, key: Secret, name: str, *, deadline: Deadline) -> Answer[Batch]:
        """Finalize a batch. BadAnswer where the answer is not that batch.

        Success does not mean that anything changed: compare the status before and after.
        """
        path = _path(name, "/finalize")
        parse = partial(_parse_finalized, name=name)
        return self._post(key, path, parse, deadline)

    def prioritize_batch(
        self, key: Secret, name: str, priority: int, *, deadline: Deadline
    ) -> Answer[None]:
        """Set a priority from 10 (lowest) to 30 (highest). No endpoint returns it.

        Raises ValueError for any other number.
        """
        if not PRIORITY_MIN <= priority <= PRIORITY_MAX:
            raise ValueError(f"A priority is from {PRIORITY_MIN} to {PRIORITY_MAX}")
        path, fields = _path(name, "/prioritize"), {"priority": int(priority)}
        return self._post(key, path, parse_accepted, deadline, fields=fields, may_be_bare=True)

    def _get(
        self,
        key: Secret,
        path: str,
        parse: Callable[[Any], T],
        deadline: Deadline,
        params: Mapping[str, str] | None = None,
    ) -> Answer[T]:
        query = f"?{urlencode(params, quote_via=quote, safe='')}" if params else ""
        request = Request(method="GET", url=self._base_url + path + query, key=key)
        return self._call(request, parse, deadline)

    def _post(
        self,
        key: Secret,
        path: str,
        parse: Callable[[Any], T],
        deadline: Deadline,
        fields: Mapping[str, Any] | None = None,
        may_be_bare: bool = False,
    ) -> Answer[T]:
        body = json.dumps(fields).encode() if fields else None
        request = Request(method="POST", url=self._base_url + path, key=key, body=body)
        return self._call(request, parse, deadline, may_be_bare=may_be_bare)

    def _call(
        self,
        request: Request,
        parse: Callable[[Any], T],
        deadline: Deadline,
        may_be_bare: bool = False,
    ) -> Answer[T]:
        outcome = self._attempt(request, parse, deadline, may_be_bare)
        # raised here, outside of any `except`, where no frame has the headers or a body
        if isinstance(outcome, RefonteError):
            raise outcome.with_traceback(None)
        return outcome

    def _attempt(
        self, request: Request, parse: Callable[[Any], T], deadline: Deadline, may_be_bare: bool
    ) -> Answer[T] | RefonteError:
        started = time.monotonic()
        try:
            reply = self._transport.send(request, deadline)
        except RefonteError as error:
            return error
        seconds = time.monotonic() - started
        try:
            return _parsed(request, reply, parse, may_be_bare, seconds)
        except Exception as error:  # noqa: BLE001 - a write that was sent needs an outcome
            return _parsing_failed(request, reply, error)


def _parsed(
    request: Request, reply: Reply, parse: Callable[[Any], T], may_be_bare: bool, seconds: float
) -> Answer[T] | RefonteError:
    if not reply.is_success:
        return _failure(request, reply)
    try:
        payload = read_payload(reply, request.key, may_be_bare=may_be_bare)
        data = parse(payload)
    except BadAnswer as error:
        reply.abandon()  # if it answers another request, so would the next one on this connection
        log_excerpt(request, reply)
        return bad_answer(reply, request.key, error.message)
    return Answer(
        data=data,
        payload=payload,
        answered_at=datetime.now(UTC),
        vendor_date=vendor_date(reply),
        seconds=seconds,
        size=len(reply.body),
        request_id=request_id(reply, request.key),
    )


def _parsing_failed(request: Request, reply: Reply, error: Exception) -> RefonteError:
    """The error after a bug in our parser."""
    # logged without a traceback, as its frames have the key and the reply
    facts = {"vendor_method": request.method, "vendor_status": reply.status}
    logger.error("Reading Refonte's reply failed", extra={**facts, "error": type(error).__name__})
    message = "Refonte's reply could not be read"
    # without a reason: a 401 must not count as a refused key
    return error_for_status(reply.status, has_reason=False)(message, http_status=reply.status)


def _failure(request: Request, reply: Reply) -> RefonteError:
    error = error_of(reply, request.key)
    if isinstance(error, BadAnswer):
        log_excerpt(request, reply)
    return error


def _path(name: str, action: str = "") -> str:
    return f"/batches/{encode_name(name)}{action}"


def _parse_named(payload: Any, *, name: str) -> Batch:
    """The batch `name`. BadAnswer for another one."""
    return _checked_name(parse_batch(payload), name)


def _parse_finalized(payload: Any, *, name: str) -> Batch:
    return _checked_name(parse_finalized(payload), name)


def _checked_name(batch: Batch, name: str) -> Batch:
    check_name(batch.name, name)
    return batch


def _checked_url(base_url: str) -> str:
    """The URL without a slash at its end. Raises ValueError with a message for an admin."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    is_allowed = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    if not host or not is_allowed:
        raise ValueError("Refonte's address must be https (plain http on loopback only)")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("Refonte's address must be without user, query and fragment")
    return base_url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
