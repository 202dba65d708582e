"""The data of the demo in Live: its designed batches, and two streams that come before and after.

Batches of a stream follow from their number alone: those of the past have negative ones. So the
past, the present and the future of the demo are one function of time.
"""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from .demo_cast import cast
from .initial_batches import DAY, HARD_NAMES_IN_LIVE, BatchGenerator, InitialData, project_of
from .later_batches import Birth, Stream
from .models import HOUR, Batch, Plan, Project, in_ms
from .pace import Pace
from .sample_names import SUBJECTS, Subject, propose_name
from .seeded_random import seeded_random

PAST = 28 * DAY  # for which the pace of work is known; longer than any batch of a stream is open
# The people sit in neighbouring zones: an account with people all round the globe has no nights.
ZONES = {"lidar_streets": 2, "receipts_ocr": 3, "voice_assistant": 1, "shelf_products": 2}
NIGHTS = "drone_fields"
QUICK = Subject(
    "quick_checks", "enterprise", "imageannotation", 1, "Is the label right? Yes or no.", ()
)
QUICK_SINCE = 6 * HOUR  # a young project, whose small batches make the list lively
# Effective hours that a batch of the stream `orders` takes; most of them take days.
SIZES = (6.0, 12.0, 24.0, 40.0, 60.0, 90.0)
SLOWEST = 4.0  # tasks an hour
# where people work at night, so that some tasks are done in each hour of a day as well
SLOWEST_AT_NIGHT = 12.0


def demo_projects(anchor: float) -> list[Project]:
    usual = [
        replace(
            project_of(subject, anchor, calibrated=True),
            zone=ZONES.get(subject.name, 1),
            rhythm="nights" if subject.name == NIGHTS else "office",
        )
        for subject in SUBJECTS
    ]
    young = project_of(QUICK, anchor, calibrated=False)
    young.created_ms = in_ms(anchor - QUICK_SINCE - HOUR)
    young.rhythm = "office"
    return [*usual, young]


def demo_data(count: int, birth: Birth, pace: Pace) -> InitialData:
    """`count` batches as far as it is enough for the designed ones and the streams' past."""
    projects = demo_projects(birth.anchor)
    made = cast(birth.anchor, {project.name: project for project in projects}, pace)
    made += [ORDERS.make(birth, -number) for number in range(int(PAST / ORDERS.every))]
    made += [QUICKS.make(birth, -number) for number in range(int(QUICK_SINCE / QUICKS.every))]
    generator = BatchGenerator(seeded_random(f"{birth.seed}/demo/{count}"), birth.anchor, SUBJECTS)
    older = generator.completed(max(0, count - len(made)), HARD_NAMES_IN_LIVE, youngest=PAST)
    return InitialData(projects, [*older, *made])


def order(birth: Birth, number: int) -> Batch:
    """A usual batch, of hours to eight days."""
    random = seeded_random(f"{birth.seed}/orders/{number}")
    subject = random.choice(SUBJECTS)
    created = birth.after((number - random.uniform(0, 0.5)) * ORDERS.every)
    staged = subject.kind == "rapid"
    wait = random.uniform(1, 14) * HOUR  # until somebody starts it
    return Batch(
        name=_name(subject, created, random, number),
        project=subject.name,
        created_ms=in_ms(created),
        plan=_order_plan(random, subject, created),
        staged=staged,
        finalized_at=birth.after(wait, created) if staged else None,
    )


def _name(subject: Subject, created: float, random: Random, number: int) -> str:
    name = propose_name(subject, datetime.fromtimestamp(created, UTC), random)
    # unique by the number, which is counted from the oldest one
    return f"{name}-{number + int(PAST / ORDERS.every):03}"


def _order_plan(random: Random, subject: Subject, created: float) -> Plan:
    hours = random.choice(SIZES) * random.uniform(0.8, 1.2)
    wanted = random.choice((60, 120, 250, 400, 900, 1500)) + random.randint(0, 59)
    slowest = SLOWEST_AT_NIGHT if subject.name == NIGHTS else SLOWEST
    total = max(wanted, int(hours * slowest))
    comes_slowly = random.random() < 0.5
    return Plan(
        total=total,
        since=created,
        arrived=0 if comes_slowly else total,
        # all of them within the hour before a batch can be started
        arrival_rate=total * random.uniform(1, 3) if comes_slowly else 0.0,
        rate=total / hours,
        errors=random.choice((0.0, 0.005, 0.01, 0.02)),
        cancellations=random.choice((0.0, 0.0, 0.004)),
    )


def quick(birth: Birth, number: int) -> Batch:
    """A batch of less than an hour by day; at night it takes some."""
    random = seeded_random(f"{birth.seed}/quick/{number}")
    created = birth.after((number - random.uniform(0, 0.5)) * QUICKS.every)
    total = random.randint(20, 90)
    plan = Plan(total=total, since=created, arrived=total, rate=total / random.uniform(0.3, 0.8))
    serial = number + int(QUICK_SINCE / QUICKS.every)
    return Batch(f"quick-{serial:04}", QUICK.name, in_ms(created), plan)


ORDERS = Stream("orders", 1.5 * HOUR, order)
QUICKS = Stream("quick", HOUR / 2, quick)
DEMO_STREAMS = (ORDERS, QUICKS)
