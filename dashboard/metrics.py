"""What Prometheus may read about the requests of this process, with its token."""

from prometheus_client import Counter, Histogram

requests = Counter("console_http_requests_total", "Requests answered", ["view", "method", "status"])
seconds = Histogram("console_http_request_seconds", "Time to the answer", ["view"])


def count_request(view: str, method: str, status: int, took: float) -> None:
    """`view` is a name from the URL configuration, so that the number of series is bounded."""
    requests.labels(
        view, method if method in {"GET", "HEAD", "POST"} else "other", f"{status // 100}xx"
    ).inc()
    seconds.labels(view).observe(took)
