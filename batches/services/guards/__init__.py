"""What stands between this product and a vendor in trouble: one small part a danger."""

from batches.services.guards.breaker import Breaker
from batches.services.guards.bulkhead import Bulkhead, NoSlot
from batches.services.guards.page_sizes import PageSizes
from batches.services.guards.turns import Full, Turns, TurnTaken

__all__ = ["Breaker", "Bulkhead", "Full", "NoSlot", "PageSizes", "TurnTaken", "Turns"]
