"""A simulated Refonte API over real HTTP, for demos and tests.

It imports neither Django nor any other part of the product.
Start reading at `sandbox.Sandbox`; endpoints are in `routes`, the rules of the data in `worlds`.

In a test:

    with Sandbox(batches=60, seed=1) as sandbox:
        requests.get(f"{sandbox.url}/batches", auth=(LIVE_KEY, ""))
        sandbox.add_batch(name="kittens", status="staging", counts={"pending": 640})
        sandbox.fault("reset_after_acting", match="POST /v1/batches", times=1)
        assert len(sandbox.calls_to("GET", "/batches")) == 1

Each of the two keys sees its own data, `live` or `test`. Batches are generated from a seed and
progress with the clock (`now`); what is created or changed is stored in the SQLite file `state`,
if one is given.

When a batch completes, its callback is posted to, if that is an http address of this machine.

The same over HTTP, from this machine and without a key. Bodies are JSON:

    GET, POST   /_sandbox/variants        {"envelope": "docs_total", "counts": "plain", …}
    GET, POST   /_sandbox/faults          {"kind": "latency", "times": 3, "seconds": 2, …}
    POST        /_sandbox/reset           no faults, default variants, the two demo keys
    GET         /_sandbox/beginning       {"seed": …, "batches": …, "anchor": …, "demo": …}
    GET, DELETE /_sandbox/calls           the calls received; clear them
    POST        /_sandbox/projects        {"name": …, "kind": "rapid", "calibrated": false}
    POST        /_sandbox/batches         {"name": …, "project": …, "status": …, "counts": {…}, …}
    PATCH       /_sandbox/batches/<name>  {"status": …, "counts": {…}, "mode": …}
    DELETE      /_sandbox/batches/<name>  {"mode": …}
    POST        /_sandbox/keys            {"key": …, "mode": "live"}; null refuses the key

Variants are listed in `variants.CHOICES`, faults with their options in `faults.OPTIONS`, wrong
shapes in `odd_shapes.SHAPES`. A fault's `match` is compared with `METHOD /v1/path` and with
`METHOD /v1/path?query`; `*` matches anything. `skip` is the number of matching calls to pass first.
"""

from .demo_keys import LIVE_KEY, TEST_KEY
from .sandbox import Sandbox

__all__ = ["LIVE_KEY", "TEST_KEY", "Sandbox"]
