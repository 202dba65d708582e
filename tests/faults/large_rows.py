"""A list whose rows hold much data, sent as it is made up, so that it takes no memory here."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from batches.refonte import format_time, parse_time
from tests.faults.exchange import Exchange, head
from tests.faults.server import FaultServer
from tests.support.clock import NOON


class LargeRows(FaultServer):
    """`rows` batches of `size` bytes each, one a second, the newest created at noon."""

    def __init__(self, *, rows: int, size: int) -> None:
        super().__init__(self._send_page)
        self._rows, self._filler = rows, b"m" * size

    def _send_page(self, exchange: Exchange) -> bool:
        query = parse_qs(urlsplit(self.requests[-1].target).query)
        end = parse_time(query.get("end_time", [format_time(NOON)])[0]) or NOON
        first = max(0, -((end - NOON) // timedelta(seconds=1))) + int(query.get("offset", ["0"])[0])
        places = range(first, min(self._rows, first + int(query["limit"][0])))
        heads = [self._head(place) for place in places]
        more = b"true" if places.stop < self._rows else b"false"
        tail = b'], "has_more": ' + more + b"}"
        filled = sum(len(start) + len(self._filler) + 3 for start in heads)
        length = 10 + filled + max(0, len(heads) - 1) + len(tail)
        exchange.send(head("200 OK", "Content-Type: application/json", length=length))
        exchange.send(b'{"docs": [')
        for place, start in enumerate(heads):
            exchange.send((b"," if place else b"") + start)
            exchange.send(self._filler)
            exchange.send(b'"}}')
        exchange.send(tail)
        return True

    @staticmethod
    def _head(place: int) -> bytes:
        created = format_time(NOON - timedelta(seconds=place))
        row = json.dumps({"name": f"kitten-{place:05}", "created_at": created})
        return row[:-1].encode() + b', "metadata": {"m": "'
