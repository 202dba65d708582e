"""The batches that the demo holds by design; `docs/demo.md` lists them.

Where a batch stands at the first start is given as a share, and its total follows from the work
done until then: so it stands there on any day of the week.
"""

import math
from dataclasses import dataclass, replace

from .models import HOUR, Batch, Plan, Project, in_ms
from .pace import Pace

STREAM_DAYS = 14  # of tasks that keep coming
USUAL_HOURS = 30.0  # effective ones that a batch takes
LATE_ERRORS = 300  # tasks done since a batch began to fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A batch of the demo. Ages and waits are hours before the first start; rates as in `Plan`.

    shows: what it is there for. share: of its tasks done, at the first start or when work ended;
        its total follows from it where it has a rate, its rate where it has a total.
    """

    shows: str
    name: str
    project: str
    age: float
    rate: float = 0.0
    share: float = 0.0
    total: int = 0  # where it does not follow from the share
    filling: float = 0.0  # hours in which its tasks arrive
    staged: float = 0.0  # hours in staging; none is a batch that starts at once
    ended: float = 0.0  # hours since work ended
    is_paused: bool = False
    sent_back: tuple[tuple[float, float], ...] = ()  # hours ago, and the share of tasks
    late_errors: float | None = None


ROLES = (
    Role(
        shows="stalled", name="lidar_streets_berlin_0042", project="lidar_streets",
        age=8 * 24, rate=60, share=0.41, ended=76,
    ),
    Role(
        shows="stalled", name="chat_intents_v3.417", project="chat_intents",
        age=228, rate=25, share=0.7, ended=80,
    ),
    Role(
        shows="forgotten", name="receipts-returns-b", project="receipts_ocr",
        age=125, total=640, filling=3,
    ),
    Role(
        shows="forgotten", name="shelf_products_porto_118", project="shelf_products",
        age=61, total=1480, filling=2,
    ),
    Role(
        shows="at risk", name="Street signs turin #14", project="street_signs_eu",
        age=9 * 24, rate=45, share=0.53,
    ),
    Role(
        shows="errors growing", name="voice_en_591", project="voice_assistant",
        age=6 * 24, rate=40, share=0.64, staged=3, filling=2, late_errors=0.22,
    ),
    Role(
        shows="growing", name="kitten_labeling_stream", project="kitten_labeling",
        age=6 * 24, rate=90, total=70 * 24 * STREAM_DAYS, filling=24 * STREAM_DAYS,
    ),
    Role(
        shows="reopened", name="chat_intents_v2.88", project="chat_intents",
        age=5 * 24, rate=50, share=1.1, ended=30, sent_back=((20, 0.7),),
    ),
    Role(
        shows="tasks sent back", name="signs-lyon-rework", project="street_signs_eu",
        age=7 * 24, rate=35, share=0.62, sent_back=((44, 0.06), (-26, 0.05)),
    ),
    Role(
        shows="tiny", name="lidar-oslo-pilot", project="lidar_streets",
        age=3, total=12, share=0.375,
    ),
    Role(
        shows="huge", name="kitten_labeling_archive", project="kitten_labeling",
        age=12 * 24, rate=900, share=0.38,
    ),
    Role(
        shows="works nights", name="drone_fields_ghent_night", project="drone_fields",
        age=4 * 24, rate=60, share=0.5, staged=2, filling=1,
    ),
    Role(
        shows="paused", name="shelf-audit-autumn", project="shelf_products",
        age=6 * 24, rate=40, share=0.44, staged=2, filling=1, ended=50, is_paused=True,
    ),
    # a batch rests in staging for some hours before somebody starts it: nothing is wrong with these
    *(
        Role(
            shows="in staging", name=name, project=project, age=age, total=total,
            filling=filling, staged=age + wait,
        )
        for name, project, age, total, filling, wait in (
            ("receipts_pl_till_rolls", "receipts_ocr", 8.4, 1210, 2.0, 9.5),
            ("voice_de_kitchen", "voice_assistant", 5.2, 380, 1.0, 12.0),
            ("shelf_cork_bakery", "shelf_products", 3.6, 900, 1.5, 4.5),
            ("drone_fields_orchard", "drone_fields", 2.3, 2450, 6.0, 11.0),
            ("receipts_it_fuel", "receipts_ocr", 1.1, 1620, 5.0, 7.0),
        )
    ),
)  # fmt: skip
FORGOTTEN = tuple(role.name for role in ROLES if role.shows == "forgotten")


def cast(anchor: float, projects: dict[str, Project], pace: Pace) -> list[Batch]:
    """The batches of all roles. anchor: the moment of the first start, seconds since 1970."""
    return [_batch(role, anchor, projects[role.project], pace) for role in ROLES]


def _batch(role: Role, anchor: float, project: Project, pace: Pace) -> Batch:
    created = anchor - role.age * HOUR
    begun = created + role.staged * HOUR
    until = anchor - role.ended * HOUR
    hours = pace.worked(project, until) - pace.worked(project, begun)
    plan = _plan(role, anchor, hours)
    return Batch(
        name=role.name,
        project=project.name,
        created_ms=in_ms(created),
        plan=replace(plan, since=created),
        staged=project.stages,
        finalized_at=begun if project.stages and role.staged else None,
    )


def _plan(role: Role, anchor: float, hours: float) -> Plan:
    """hours: effective ones until the first start, or until work ended."""
    rate = role.rate or role.total / (hours / role.share if role.share else USUAL_HOURS)
    done = int(rate * hours)
    total = role.total or max(1, int(done / role.share))
    ended = anchor - role.ended * HOUR
    is_rework = bool(role.sent_back)
    return Plan(
        total=total,
        arrived=0 if role.filling else total,
        arrival_rate=total / role.filling if role.filling else 0.0,
        rate=rate,
        errors=0.01,
        errors_after=max(0, done - LATE_ERRORS),
        more_errors=role.late_errors,
        sent_back=tuple((anchor - ago * HOUR, int(total * part)) for ago, part in role.sent_back),
        stops_at=ended if role.ended and not role.is_paused and not is_rework else math.inf,
        paused_at=ended if role.is_paused else math.inf,
    )
