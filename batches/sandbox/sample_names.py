"""Names of generated batches: realistic ones, and hard ones that break careless pages."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

CITIES = ("berlin", "lyon", "porto", "graz", "oslo", "gdansk", "turin", "malmo", "ghent", "cork")
LANGUAGES = ("de", "fr", "pl", "en", "it", "pt", "sv", "nl", "cs", "fi")


@dataclass(frozen=True, slots=True)
class Subject:
    """A generated project. `zone` is hours from UTC; `patterns` are those of its batch names."""

    name: str
    kind: str
    type: str
    zone: int
    instruction: str
    patterns: tuple[str, ...]


SUBJECTS = (
    Subject(
        "kitten_labeling",
        "enterprise",
        "imageannotation",
        1,
        "Draw a box around every kitten.",
        ("kitten_labeling_{date}", "kittens-{date}-{letter}", "kitten_faces_{number:04}"),
    ),
    Subject(
        "lidar_streets",
        "enterprise",
        "lidarannotation",
        8,
        "Mark cars, cyclists and pedestrians.",
        (
            "lidar_streets_{city}_{number:04}",
            "lidar_streets_{city}_night_{number:04}",
            "lidar-{city}-{date}",
        ),
    ),
    Subject(
        "receipts_ocr",
        "rapid",
        "documenttranscription",
        5,
        "Type what the receipt says.",
        (
            "receipts-w{week:02}-{letter}",
            "receipts_{language}_{date}",
            "receipts-returns-w{week:02}",
        ),
    ),
    Subject(
        "voice_assistant",
        "rapid",
        "audiotranscription",
        -5,
        "Write down every word you hear.",
        (
            "voice_{language}_{number}",
            "voice_{language}_{date}",
            "voice_{language}_calibration_{digit}",
        ),
    ),
    Subject(
        "street_signs_eu",
        "enterprise",
        "imageannotation",
        3,
        "Outline each sign and name it.",
        (
            "signs_{language}_{date}_{letter}",
            "Street signs {city} #{number}",
            "signs-{city}-w{week:02}",
        ),
    ),
    Subject(
        "shelf_products",
        "rapid",
        "segmentannotation",
        -8,
        "Segment each product on the shelf.",
        ("shelf_{city}_w{week:02}", "shelf-audit-{date}", "shelf_products_{city}_{number:03}"),
    ),
    Subject(
        "chat_intents",
        "enterprise",
        "textcollection",
        0,
        "Choose what the customer wants.",
        (
            "intents.{language}.{date}",
            "chat_intents_v{digit}.{number}",
            "chat-{language}-w{week:02}-{letter}",
        ),
    ),
    Subject(
        "drone_fields",
        "rapid",
        "segmentannotation",
        -3,
        "Separate crop, weed and soil.",
        (
            "drone_fields_{date}_{letter}",
            "fields-{city}-{number:03}",
            "Fields near {city}, week {week}",
        ),
    ),
)

# Reserved words of our URLs, separators, encodings, hidden and long names, markup.
HARD_NAMES = (
    "new", "a/status", "a/b/c", ".hidden", "50% done", "q?x=1#frag", "%2F", "+plus+", "🐈 batch 🐾",
    "Партия котят №7", "long-" + "n" * 250, "<script>alert(1)</script>", " spaces at the ends ",
)  # fmt: skip


def propose_name(subject: Subject, created: datetime, random: Random) -> str:
    """A name in the style of the project. It may be in use already."""
    return random.choice(subject.patterns).format(
        date=created.date().isoformat(),
        week=created.isocalendar().week,
        letter=random.choice("abcdef"),
        digit=random.randint(1, 9),
        number=random.randint(1, 999),
        city=random.choice(CITIES),
        language=random.choice(LANGUAGES),
    )
