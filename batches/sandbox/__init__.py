"""A stand-in for the vendor, over real HTTP, for demos and tests.

It knows neither Django nor the other rooms.

In a test:

    with Sandbox(batches=60, seed=1) as sandbox:
        requests.get(f"{sandbox.url}/batches", auth=(LIVE_KEY, ""))
        sandbox.add_batch(name="kittens", status="staging", counts={"pending": 640})
        sandbox.fault("reset_after_acting", match="POST /v1/batches", times=1)
        assert len(sandbox.calls_to("GET", "/batches")) == 1

Two keys open two worlds, `live` and `test`. Batches come from a seed and go on by the clock
(`now`); what is created or changed is kept in the SQLite file `state`, if one is named.

The same over HTTP, from this machine and without a key. Bodies are JSON:

    GET, POST   /_sandbox/variants        {"envelope": "docs_total", "counts": "plain", …}
    GET, POST   /_sandbox/faults          {"kind": "latency", "times": 3, "seconds": 2, …}
    POST        /_sandbox/reset           no faults, default variants, the two demo keys
    GET, DELETE /_sandbox/calls           what was asked; forget it
    POST        /_sandbox/projects        {"name": …, "kind": "rapid", "calibrated": false}
    POST        /_sandbox/batches         {"name": …, "project": …, "status": …, "counts": {…}, …}
    PATCH       /_sandbox/batches/<name>  {"status": …, "counts": {…}, "mode": …}
    DELETE      /_sandbox/batches/<name>  {"mode": …}
    POST        /_sandbox/keys            {"key": …, "mode": "live"}; null refuses the key

Variants are listed in `variants.CHOICES`, faults with their options in `faults.OPTIONS`, wrong
shapes in `shapes.SHAPES`. A fault's `match` is compared with `METHOD /v1/path` and with
`METHOD /v1/path?query`, `*` standing for anything; with `skip` it lets so many calls pass first.
"""

from .demo_keys import LIVE_KEY, TEST_KEY
from .sandbox import Sandbox

__all__ = ["LIVE_KEY", "TEST_KEY", "Sandbox"]
