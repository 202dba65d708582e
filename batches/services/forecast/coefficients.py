"""Measured, not chosen: `python -m tests.backtest.fit` writes this file."""

import numpy as np

MID = np.array(
    [
        0.6188,  # one
        -0.3350,  # share done
        0.0012,  # log share left
        0.3281,  # lean
        0.0222,  # lean down
        -0.2237,  # few done
        -0.5150,  # few left
        0.2035,  # apart
        -0.4628,  # growth
        0.0240,  # uneven
        -0.1238,  # uneven in short
        0.0382,  # pause
        -0.0740,  # long way
        -1.3391,  # returned
        -0.8073,  # chunks
        0.0636,  # today
        -0.4154,  # today, soon done
        0.0467,  # lean, soon done
        -0.1766,  # last hours
        -1.4127,  # changed
        0.7263,  # habit
        0.0037,  # habit, spread
        0.0292,  # habit, unknown
        0.0681,  # vague
        -0.1592,  # lean, clear
        0.9472,  # lean down, clear
        0.0175,  # halves
        0.1425,  # habit, early
    ]
)
LOW = np.array(
    [
        -0.3476,  # one
        -0.0049,  # share done
        0.0890,  # log share left
        -0.0600,  # lean
        -0.1166,  # lean down
        0.3161,  # few done
        1.2285,  # few left
        -0.0926,  # apart
        -0.7644,  # growth
        0.0705,  # uneven
        0.2179,  # uneven in short
        -0.0052,  # pause
        -0.0460,  # long way
        -0.6670,  # returned
        0.3460,  # chunks
        0.0213,  # today
        -0.1518,  # today, soon done
        0.2968,  # lean, soon done
        0.0827,  # last hours
        -0.2869,  # changed
        0.0184,  # habit
        0.1799,  # habit, spread
        0.2745,  # habit, unknown
        0.0105,  # vague
        -0.0603,  # lean, clear
        0.3363,  # lean down, clear
        -0.1218,  # halves
        0.3290,  # habit, early
    ]
)
HIGH = np.array(
    [
        1.1021,  # one
        -0.4244,  # share done
        0.1648,  # log share left
        -0.1887,  # lean
        -0.4484,  # lean down
        0.1708,  # few done
        0.6290,  # few left
        -0.1658,  # apart
        -0.5179,  # growth
        -0.0801,  # uneven
        -0.0110,  # uneven in short
        0.0137,  # pause
        -0.3112,  # long way
        -0.8708,  # returned
        -0.7636,  # chunks
        -0.2311,  # today
        0.9743,  # today, soon done
        0.7931,  # lean, soon done
        0.1773,  # last hours
        0.4949,  # changed
        0.5594,  # habit
        0.2245,  # habit, spread
        0.5555,  # habit, unknown
        0.0910,  # vague
        -0.2966,  # lean, clear
        -0.2562,  # lean down, clear
        -0.0353,  # halves
        -1.0912,  # habit, early
    ]
)
