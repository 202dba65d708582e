"""Sends requests over pooled connections that remember nothing from one call to the next.

No cookies, no redirects, no retries, no proxy or password from the environment: the key goes to the
vendor and nowhere else. Whatever fails is judged by how far the call got, and leaves here as
NotSent or NoAnswer.
"""

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import DecodeError, HTTPError

from .connection import POOLS, Watched
from .deadline import Deadline
from .errors import NoAnswer, NoAnswerCame, NotSent
from .messages import TOO_LARGE, Reply, Request, nothing
from .vendor_clock import VendorClock
from .watchdog import Step, Watch, current_watch

MAX_BODY = 4 * 1024 * 1024  # bytes, decoded
MAX_ERROR_BODY = 64 * 1024  # of an error only the words are wanted
_CHUNK = 64 * 1024
_OLDER = "Refonte's answer is older than the question"

_NOT_SENT_WORDS = {
    Step.UNKNOWN: "No connection to Refonte could be made",
    Step.PREPARING: "No connection to Refonte could be prepared",
    Step.LOOKING_UP: "Refonte's host name could not be resolved",
    Step.CONNECTING: "No connection to Refonte could be made",
    Step.SECURING: "No trusted TLS connection to Refonte could be made",
}
_NEVER_LEFT = (
    requests.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
)


class PooledTransport:
    """The transport of every day. One for the whole process; threads may share it.

    ca_bundle: path of the certificates to trust, instead of the public ones.
    proxy: URL of the proxy that https calls tunnel through.
    pool_size: connections kept open, over all keys; more are made where needed, and not kept.
        Each serves only the key that it was opened with.
    """

    def __init__(
        self, *, ca_bundle: str | None = None, proxy: str | None = None, pool_size: int = 64
    ) -> None:
        self._verify: str | bool = ca_bundle or True
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._clock = VendorClock()
        self._session = _ForgetfulSession()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _WatchedAdapter(pool_maxsize=pool_size, max_retries=0))

    def send(self, request: Request, deadline: Deadline) -> Reply:
        """One request, one reply. Raises NotSent or NoAnswer from frames that hold no header."""
        if deadline.expired:
            raise NotSent("There was no time left to ask Refonte")
        outcome = self._attempt(request, deadline)
        if isinstance(outcome, NoAnswerCame):
            raise outcome
        return outcome

    def _attempt(self, request: Request, deadline: Deadline) -> Reply | NoAnswerCame:
        mark, is_write = request.key.pool_mark(), request.method != "GET"
        watch = Watch(deadline, mark, is_write=is_write)
        try:
            with watch:
                return self._exchange(request, watch)
        except Exception as error:  # noqa: BLE001 - any error's frames hold the key: none leaves
            return _judge(error, watch)

    def _exchange(self, request: Request, watch: Watch) -> Reply:
        timeout = (watch.connect.remaining(), watch.deadline.remaining())
        response = self._session.send(
            _prepare(request),
            stream=True,
            timeout=timeout,
            verify=self._verify,
            proxies=self._proxies,
            allow_redirects=False,
        )
        with response:  # closes the connection, unless the answer is read to its end
            if self._is_older(response, watch):
                return Reply(status=response.status_code, fault=_OLDER)
            return _read(response, watch)

    def _is_older(self, response: requests.Response, watch: Watch) -> bool:
        """Whether a good answer is one to an earlier question, which only a used connection has."""
        if watch.asked_at is None or not 200 <= response.status_code < 300:
            return False
        is_older = self._clock.is_older(response.headers, watch.asked_at)
        return is_older and watch.is_reused


class _ForgetfulSession(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        # one user's vendor cookies must not travel with another's call
        self.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: even unfollowed, requests would read the whole body to prepare the next call."""
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
        current_watch.get().step = Step.PREPARING
        return super().get_connection_with_tls_context(*args, **kwargs)


def _prepare(request: Request) -> requests.PreparedRequest:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Authorization": request.key.basic_auth(),
        "User-Agent": "refonte-console",
    }
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    plain = requests.Request(request.method, request.url, headers=headers, data=request.body)
    prepared = plain.prepare()
    prepared.url = request.url  # requests would spell some escapes anew
    return prepared


def _read(response: requests.Response, watch: Watch) -> Reply:
    """Status, headers and a bounded body. An error's status stands even if its body breaks."""
    is_success = 200 <= response.status_code < 300
    connection = response.raw.connection  # read to its end, the answer lets go of it
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
    if watch.has_struck and is_success:  # a body without a length ends where we cut it
        raise TimeoutError
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(
        status=response.status_code,
        headers=headers,
        body=bytes(body),
        fault=fault,
        give_up=connection.give_up if isinstance(connection, Watched) else nothing,
    )


def _judge(error: Exception, watch: Watch) -> NoAnswerCame:
    """What an error means is told by how far the call got; stubs tell it by the error."""
    is_unsent = watch.step < Step.SENDING
    if watch.step is Step.UNKNOWN:
        is_unsent = isinstance(error, _NEVER_LEFT)
    if is_unsent:
        return NotSent(_NOT_SENT_WORDS[watch.step])
    if watch.deadline.expired:
        return NoAnswer(f"Refonte did not answer within {watch.deadline.total:g} s")
    return NoAnswer("The connection broke before Refonte's answer was complete")
