"""Redis is asked here, by all of this process that uses it: for readings, locks and counts."""

import logging
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from redis.exceptions import LockError, RedisError, ResponseError

from batches.services.cooldown import REDIS

log = logging.getLogger(__name__)


class Away(Enum):
    """Redis said nothing that can be used: the caller goes on with what this process has."""

    AWAY = "away"


AWAY: Final = Away.AWAY


def ask_redis(command: Callable[[], Any]) -> Any:
    """What Redis says, or AWAY. An answer of "no", as of a key that is no text, starts no rest."""
    if not REDIS.may_ask():
        return AWAY
    try:
        found = command()
    except LockError:  # the lock outlived its time: Redis itself is well
        found = None
    except ResponseError as error:
        log.warning("Redis refused a command", extra={"error": str(error)[:200]})
        found = AWAY
    except (RedisError, OSError) as error:
        REDIS.failed(error)
        return AWAY
    REDIS.answered()
    return found
