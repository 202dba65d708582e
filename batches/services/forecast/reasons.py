"""Why there is no estimate. Apart from the rest, as pages import it and must not import numpy."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a batch has no estimate. Stored: never change a value."""

    FEW_DONE = "few done"  # too few tasks done, and too few finished batches to compare with
    FEW_SAMPLES = "few samples"
    GROWING = "growing"  # tasks still arrive
    QUIET = "quiet"  # nothing completed though people usually work now
    NOT_WATCHED = "not watched"  # not looked at for longer than the estimate could bear
    UNSURE = "unsure"  # the ends of the range are too far apart to be of use
    PAUSED = "paused"
    NOT_STARTED = "not started"  # in staging
    ENDED = "ended"  # completed or cancelled
    NOTHING_LEFT = "nothing left"  # all tasks done, and the batch not ended yet
