"""Which rows of a bulk are still to be sent."""

from django.db.models import QuerySet

from batches.models import Bulk, BulkRow


def rows_left(bulk: Bulk) -> QuerySet[BulkRow]:
    """Ticked, not left out, and without an operation; in the order in which they were chosen."""
    rows = BulkRow.objects.filter(bulk=bulk, is_ticked=True, left_out="", operation=None)
    return rows.order_by("position")
