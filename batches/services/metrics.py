"""What one process counts for `/metrics`. Labels are bounded: never a batch, project or person."""

from prometheus_client import Counter, Gauge, Histogram

VENDOR_CALLS = Counter("console_vendor_calls", "Calls to the vendor", ["kind", "outcome"])
VENDOR_SECONDS = Histogram(
    "console_vendor_seconds",
    "Seconds a call to the vendor took",
    ["kind"],
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
READS = Counter("console_reads", "Reads by where their answer came from", ["source"])
BREAKER_OPEN = Gauge("console_breaker_open", "1 while no calls go to the vendor")
COOLDOWNS = Gauge(
    "console_resting", "1 while a service that did not answer is not asked", ["service"]
)
