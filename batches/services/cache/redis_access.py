"""Every command that this process sends to Redis: readings, locks and counts share a cooldown."""

import logging
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from redis.exceptions import LockError, RedisError, ResponseError

from batches.services.cooldown import REDIS

log = logging.getLogger(__name__)


class Away(Enum):
    """Redis gave no answer that can be used: the caller goes on with what this process has."""

    AWAY = "away"


AWAY: Final = Away.AWAY


def ask_redis(command: Callable[[], Any]) -> Any:
    """The command's result, or AWAY."""
    # each command would wait for its timeout while Redis does not answer
    if not REDIS.may_ask():
        return AWAY
    try:
        found = command()
    except LockError:  # the lock outlived its time: Redis itself is well
        found = None
    except ResponseError as error:
        # an answer after all, as of a key of another type: it starts no cooldown
        log.warning("Redis refused a command", extra={"error": str(error)[:200]})
        found = AWAY
    except (RedisError, OSError) as error:
        REDIS.failed(error)
        return AWAY
    REDIS.answered()
    return found
