"""The vendor's endpoints: a request in, a reply out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .models import Batch, Plan, Project, in_ms
from .parameters import (
    Query,
    read_callback,
    read_detailed,
    read_flag,
    read_map,
    read_name,
    read_object,
    read_priority,
    read_search,
)
from .replies import Refusal, Reply, json_reply
from .seeded_random import seeded_random
from .variants import Variants
from .worlds import World


@dataclass(frozen=True, slots=True)
class Request:
    """A call with an accepted key. `segments` is the path below /v1, each decoded once."""

    method: str
    segments: tuple[str, ...]
    query: Query
    body: bytes
    world: World
    variants: Variants
    at: float
    quirks: Mapping[str, float] = field(default_factory=dict)  # faults of what the call does


def answer(request: Request) -> Reply:
    """The answer to a request, a refusal included."""
    try:
        return _dispatch(request)
    except Refusal as refusal:
        return request.variants.error(refusal.status, refusal.message)


def _dispatch(request: Request) -> Reply:
    match request.segments:
        case ("batches", *rest):
            return _batches(request, tuple(rest))
        case ("projects", *rest):
            return _projects(request, tuple(rest))
    raise Refusal(404, "Not found")


def _batches(request: Request, rest: tuple[str, ...]) -> Reply:
    match request.method, rest:
        case "GET", ():
            return list_batches(request)
        case "POST", ():
            return create_batch(request)
        case "GET", (name,):
            return _batch_reply(request, _named(request, name))
        case "GET", (name, "status"):
            batch = _named(request, name)
            return json_reply(request.variants.status(request.world.progress(batch, request.at)))
        case "POST", (name, "finalize" | "prioritize" | "setMetadata" as action):
            return ACTIONS[action](request, _named(request, name))
    # 405 for a known path with another method, 404 for any other path
    raise _no_route(rest, ("status", "finalize", "prioritize", "setMetadata"))


def _projects(request: Request, rest: tuple[str, ...]) -> Reply:
    world, render = request.world, request.variants.project
    match request.method, rest:
        case "GET", ():
            return json_reply([render(project) for project in world.projects.values()])
        case "POST", ():
            return create_project(request)
        case "GET", (name,):
            return json_reply(render(world.find_project(name)))
        case "POST", (name, "setParams"):
            project = world.find_project(name)
            _add_params(project, read_object(request.body), request.at)
            return request.variants.written(render(world.save_project(project)))
    raise _no_route(rest, ("setParams",))


def _no_route(rest: tuple[str, ...], actions: tuple[str, ...]) -> Refusal:
    known = len(rest) < 2 or (len(rest) == 2 and rest[1] in actions)
    return Refusal(405, "Method not allowed") if known else Refusal(404, "Not found")


def list_batches(request: Request) -> Reply:
    # read first, so that a bad parameter is refused also where a variant ignores it
    search, detailed = read_search(request.query), read_detailed(request.query)
    search = request.variants.honoured(search)
    rows, total = request.world.search(search, request.at)
    docs = [_rendered(request, row, detailed=detailed) for row in rows]
    page = request.variants.page(docs, total=total, limit=search.limit, offset=search.offset)
    return json_reply(page)


def create_batch(request: Request) -> Reply:
    batch = _read_batch(request)
    if batch.project not in request.world.projects and request.variants.unknown_project == "400":
        # the vendor's documentation has 404 and 400 for this
        raise Refusal(400, f"No project named {batch.project!r} was found")
    return _written(request, request.world.create(batch))


def _read_batch(request: Request) -> Batch:
    body = read_object(request.body)
    name = read_name(body, "name")
    batch = Batch(
        name=name,
        project=read_name(body, "project"),
        created_ms=in_ms(request.at),
        plan=plan_for(name, request.at),
        callback=read_callback(body),
        metadata=read_map(body, "metadata"),
        calibration_batch=read_flag(body, "calibration_batch"),
        self_label_batch=read_flag(body, "self_label_batch"),
    )
    # the vendor may answer a create before its own reads show the batch
    if "invisible" in request.quirks:
        batch.visible_from = request.at + request.quirks["invisible"]
    if batch.calibration_batch and batch.self_label_batch:
        raise Refusal(400, "calibration_batch and self_label_batch exclude each other")
    return batch


def plan_for(name: str, at: float) -> Plan:
    """The plan of a created batch: tasks arrive for some minutes and are worked on meanwhile."""
    random = seeded_random(name)  # by the name: the same batch again has the same plan
    total = random.randint(80, 600)
    return Plan(
        total=total,
        since=at,
        arrival_rate=total * random.uniform(4, 20),
        rate=random.choice((240.0, 600.0, 1200.0)),
        errors=random.choice((0.0, 0.01, 0.05)),
        cancellations=random.choice((0.0, 0.01)),
    )


def finalize_batch(request: Request, batch: Batch) -> Reply:
    if "finalize_does_nothing" not in request.quirks:
        late = request.quirks.get("finalize_late", 0.0)
        request.world.finalize(batch, request.at, late=late)
    return _written(request, batch)


def prioritize_batch(request: Request, batch: Batch) -> Reply:
    priority = read_priority(read_object(request.body))
    request.world.prioritize(batch, priority, request.at)
    return request.variants.written({"result": "success"})


def set_metadata(request: Request, batch: Batch) -> Reply:
    batch.metadata = read_object(request.body)
    request.world.save(batch)
    return _written(request, batch)


ACTIONS = {
    "finalize": finalize_batch,
    "prioritize": prioritize_batch,
    "setMetadata": set_metadata,
}


def create_project(request: Request) -> Reply:
    body = read_object(request.body)
    kinds = [kind for kind in ("rapid", "studio") if read_flag(body, kind)]
    project = Project(
        name=read_name(body, "name"),
        kind=kinds[0] if kinds else "enterprise",
        type=read_name(body, "type"),
        created_ms=in_ms(request.at),
    )
    _add_params(project, read_map(body, "params"), request.at)
    return request.variants.written(request.variants.project(request.world.create_project(project)))


def _add_params(project: Project, params: dict[str, Any], at: float) -> None:
    version = {"version": len(project.params), "created_ms": in_ms(at)}
    project.params.append({**params, **version})


def _named(request: Request, name: str) -> Batch:
    return request.world.find(name, request.at)


def _rendered(request: Request, batch: Batch, *, detailed: bool = False) -> dict[str, Any]:
    progress = request.world.progress(batch, request.at)
    return request.variants.batch(batch, progress, detailed=detailed)


def _batch_reply(request: Request, batch: Batch) -> Reply:
    return json_reply(_rendered(request, batch))


def _written(request: Request, batch: Batch) -> Reply:
    return request.variants.written(_rendered(request, batch))
