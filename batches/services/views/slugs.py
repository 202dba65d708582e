"""Slugs of saved views: a name in ASCII for an address, with a number where it is taken."""

from itertools import count

from django.utils.text import slugify

from batches.models import SavedView

LONGEST = 58  # with a number behind it, it fits into the field
NAMELESS = "view"  # for a name without a letter or digit of ASCII


def free_slug(name: str) -> str:
    """`due-first`, else `due-first-2` and so on. One query."""
    stem = slugify(name)[:LONGEST].strip("-_") or NAMELESS
    taken = set(SavedView.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    numbered = (f"{stem}-{number}" for number in count(2))
    return stem if stem not in taken else next(one for one in numbered if one not in taken)
