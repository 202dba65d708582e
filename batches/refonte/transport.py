"""Sends requests over pooled connections, without any state of an earlier call.

No cookies, redirects, retries, proxies or passwords from the environment: the key is sent to the
vendor only. Every failure becomes NotSent or NoAnswer, by the progress of the call.
"""

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import DecodeError, HTTPError

from .connection import POOLS, WatchedConnection
from .deadline import Deadline
from .errors import NoAnswer, NoAnswerCame, NotSent
from .messages import TOO_LARGE, Reply, Request, nothing
from .vendor_clock import VendorClock
from .watchdog import Step, Watchdog, current_watchdog

MAX_BODY = 4 * 1024 * 1024  # bytes, decoded
MAX_ERROR_BODY = 64 * 1024  # of an error only its message is read
_CHUNK = 64 * 1024
_OLDER = "Refonte's answer is older than the request"

_NOT_SENT_MESSAGES = {
    Step.UNKNOWN: "No connection to Refonte could be made",
    Step.PREPARING: "No connection to Refonte could be prepared",
    Step.RESOLVING: "Refonte's host name could not be resolved",
    Step.CONNECTING: "No connection to Refonte could be made",
    Step.SECURING: "No trusted TLS connection to Refonte could be made",
}
_NEVER_LEFT = (
    requests.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
)


class PooledTransport:
    """The transport of `Client`. Threads may share it; a process needs one.

    ca_bundle: path of the certificates to trust, instead of the public ones.
    proxy: URL of the proxy that https calls tunnel through.
    pool_size: idle connections kept, for all keys together. Each is used only with the key that it
        was opened with.
    """

    def __init__(
        self, *, ca_bundle: str | None = None, proxy: str | None = None, pool_size: int = 64
    ) -> None:
        self._verify: str | bool = ca_bundle or True
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._clock = VendorClock()
        self._session = _StatelessSession()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _WatchedAdapter(pool_maxsize=pool_size, max_retries=0))

    def send(self, request: Request, deadline: Deadline) -> Reply:
        """Send one request. Raises NotSent or NoAnswer."""
        if deadline.expired:
            raise NotSent("There was no time left for a request to Refonte")
        outcome = self._attempt(request, deadline)
        # raised here, as the frames of _attempt have the headers with the key as local variables
        if isinstance(outcome, NoAnswerCame):
            raise outcome
        return outcome

    def _attempt(self, request: Request, deadline: Deadline) -> Reply | NoAnswerCame:
        is_write = request.method != "GET"
        watchdog = Watchdog(deadline, request.key.pool_id(), is_write=is_write)
        try:
            with watchdog:
                return self._exchange(request, watchdog)
        except Exception as error:  # noqa: BLE001 - frames of any error hold the key
            return _failure(error, watchdog)

    def _exchange(self, request: Request, watchdog: Watchdog) -> Reply:
        timeout = (watchdog.connect.remaining(), watchdog.deadline.remaining())
        response = self._session.send(
            _prepare(request),
            stream=True,
            timeout=timeout,
            verify=self._verify,
            proxies=self._proxies,
            allow_redirects=False,
        )
        with response:  # closes the connection of an answer that is not read to its end
            if self._is_older(response, watchdog):
                return Reply(status=response.status_code, fault=_OLDER)
            return _read(response, watchdog)

    def _is_older(self, response: requests.Response, watchdog: Watchdog) -> bool:
        """Whether a successful answer was made before this request was sent."""
        if watchdog.sent_at is None or not 200 <= response.status_code < 300:
            return False
        is_older = self._clock.is_older(response.headers, watchdog.sent_at)
        # a new connection has no earlier answer; the clock learns from every answer all the same
        return is_older and watchdog.is_reused


class _StatelessSession(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        # a cookie set for one user must not be sent with another user's call
        self.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None, as requests reads the whole body of a redirect even if it does not follow it."""
        return None


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        current_watchdog.get().step = Step.PREPARING
        return super().get_connection_with_tls_context(*args, **kwargs)


def _prepare(request: Request) -> requests.PreparedRequest:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # compressed answers could be decompression bombs
        "Authorization": request.key.basic_auth(),
        "User-Agent": "refonte-console",
    }
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    plain = requests.Request(request.method, request.url, headers=headers, data=request.body)
    prepared = plain.prepare()
    prepared.url = request.url  # requests normalises some percent-encodings, and so the name
    return prepared


def _read(response: requests.Response, watchdog: Watchdog) -> Reply:
    """Status, headers and a limited body. An error keeps its status where its body breaks off."""
    is_success = 200 <= response.status_code < 300
    connection = response.raw.connection  # before reading: at its end the answer drops it
    body, fault = bytearray(), None
    try:
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > (MAX_BODY if is_success else MAX_ERROR_BODY):
                fault = TOO_LARGE
                break
    except DecodeError:
        fault = "Refonte's answer could not be decompressed"
    except (HTTPError, OSError):
        if is_success:
            raise
    if watchdog.has_expired and is_success:  # a body without a length ends where we closed it
        raise TimeoutError
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(
        status=response.status_code,
        headers=headers,
        body=bytes(body),
        fault=fault,
        abandon=connection.abandon if isinstance(connection, WatchedConnection) else nothing,
    )


def _failure(error: Exception, watchdog: Watchdog) -> NoAnswerCame:
    """NotSent where no byte of the request was sent, else NoAnswer."""
    is_unsent = watchdog.step < Step.SENDING
    if watchdog.step is Step.UNKNOWN:  # a stub of requests: only the error is known
        is_unsent = isinstance(error, _NEVER_LEFT)
    if is_unsent:
        return NotSent(_NOT_SENT_MESSAGES[watchdog.step])
    if watchdog.deadline.expired:
        return NoAnswer(f"Refonte did not answer within {watchdog.deadline.total:g} s")
    return NoAnswer("The connection broke before Refonte's answer was complete")
