"""Measured, not chosen: `python -m tests.backtest.fit` writes this file."""

import numpy as np

MID = np.array(
    [
        0.6925,  # one
        -0.4189,  # share done
        -0.0480,  # log share left
        0.4924,  # lean
        0.2860,  # lean down
        -0.2074,  # few done
        -1.6228,  # few left
        0.2262,  # apart
        -0.9278,  # growth
        -0.1376,  # uneven
        0.0226,  # uneven in short
        -0.1218,  # long way
        -2.0622,  # returned
        -0.3548,  # chunks
        -0.4786,  # last 8 hours, soon done
        -0.5753,  # lean, soon done
        -0.2315,  # last hours
        -1.4774,  # changed
        0.2373,  # habit
        0.0783,  # habit, spread
        -0.2264,  # habit, unknown
        0.1328,  # vague
        -0.2163,  # lean, clear
        -0.0185,  # lean down, clear
        0.2492,  # habit, early
        0.0286,  # apart, early
        0.0656,  # worked
        -0.0510,  # speed
        -0.1000,  # last day
        -0.0663,  # by quarters
        0.3481,  # account
        0.5293,  # account, early
        0.0746,  # account, spread
        0.1616,  # account, unknown
    ]
)
LOW = np.array(
    [
        -0.5816,  # one
        0.3800,  # share done
        0.1305,  # log share left
        0.1496,  # lean
        0.1385,  # lean down
        -0.3879,  # few done
        1.7714,  # few left
        0.0536,  # apart
        -0.8750,  # growth
        -0.1626,  # uneven
        0.3760,  # uneven in short
        0.0156,  # long way
        -1.6818,  # returned
        0.7247,  # chunks
        0.0156,  # last 8 hours, soon done
        0.0500,  # lean, soon done
        0.1210,  # last hours
        0.4658,  # changed
        -0.2063,  # habit
        0.4297,  # habit, spread
        -0.0497,  # habit, unknown
        0.0084,  # vague
        -0.1087,  # lean, clear
        0.4318,  # lean down, clear
        0.8991,  # habit, early
        -0.3833,  # apart, early
        -0.0276,  # worked
        -0.0114,  # speed
        0.0205,  # last day
        0.0901,  # by quarters
        -0.0076,  # account
        0.1384,  # account, early
        -0.0166,  # account, spread
        0.0627,  # account, unknown
    ]
)
HIGH = np.array(
    [
        0.4110,  # one
        -0.0041,  # share done
        0.2428,  # log share left
        0.0685,  # lean
        0.1096,  # lean down
        0.3493,  # few done
        0.1503,  # few left
        -0.3326,  # apart
        0.2169,  # growth
        -0.3624,  # uneven
        0.2309,  # uneven in short
        -0.1954,  # long way
        -1.5848,  # returned
        -0.3922,  # chunks
        1.0421,  # last 8 hours, soon done
        1.0914,  # lean, soon done
        0.0286,  # last hours
        1.1901,  # changed
        0.2932,  # habit
        -0.7962,  # habit, spread
        0.3474,  # habit, unknown
        0.1238,  # vague
        -0.4992,  # lean, clear
        -1.0758,  # lean down, clear
        -1.2965,  # habit, early
        0.4261,  # apart, early
        -0.0171,  # worked
        0.0399,  # speed
        -0.2167,  # last day
        0.1687,  # by quarters
        0.7360,  # account
        -0.8298,  # account, early
        0.8367,  # account, spread
        0.0766,  # account, unknown
    ]
)
