"""Measured, not chosen: `python -m tests.backtest.fit` writes this file."""

import numpy as np

MID = np.array(
    [
        0.7438,  # one
        -0.4602,  # share done
        -0.0360,  # log share left
        0.5303,  # lean
        0.0785,  # lean down
        -0.0327,  # few done
        -0.8185,  # few left
        0.1585,  # apart
        -0.3629,  # growth
        -0.2107,  # uneven
        -0.0142,  # uneven in short
        0.0630,  # pause
        -0.0909,  # long way
        -0.3632,  # returned
        -0.8362,  # chunks
        0.0425,  # today
        -0.5055,  # today, soon done
        -0.4472,  # lean, soon done
        -0.1925,  # last hours
        -1.0299,  # changed
        0.5428,  # habit
        -0.0384,  # habit, spread
        -0.0816,  # habit, unknown
        0.0923,  # vague
        -0.0685,  # lean, clear
        0.8199,  # lean down, clear
        0.0089,  # halves
        0.2985,  # habit, early
    ]
)
LOW = np.array(
    [
        -0.2742,  # one
        0.0472,  # share done
        0.1222,  # log share left
        -0.0319,  # lean
        -0.6912,  # lean down
        0.4195,  # few done
        1.1542,  # few left
        -0.1067,  # apart
        -2.3734,  # growth
        0.0381,  # uneven
        0.1989,  # uneven in short
        0.0063,  # pause
        -0.0276,  # long way
        -0.2127,  # returned
        0.7098,  # chunks
        0.0918,  # today
        -0.3081,  # today, soon done
        0.2684,  # lean, soon done
        -0.0347,  # last hours
        0.2208,  # changed
        -0.0338,  # habit
        0.0794,  # habit, spread
        0.2118,  # habit, unknown
        0.0337,  # vague
        -0.1606,  # lean, clear
        0.5031,  # lean down, clear
        -0.2150,  # halves
        0.3058,  # habit, early
    ]
)
HIGH = np.array(
    [
        1.7606,  # one
        -0.8685,  # share done
        0.1582,  # log share left
        -0.3497,  # lean
        -0.8262,  # lean down
        -0.9830,  # few done
        0.6808,  # few left
        -0.2099,  # apart
        2.4606,  # growth
        -0.3998,  # uneven
        0.1434,  # uneven in short
        0.0094,  # pause
        -0.3996,  # long way
        -6.0296,  # returned
        -0.4222,  # chunks
        -0.5072,  # today
        1.2760,  # today, soon done
        0.5512,  # lean, soon done
        0.2662,  # last hours
        0.6922,  # changed
        0.6895,  # habit
        0.1070,  # habit, spread
        0.2393,  # habit, unknown
        0.0569,  # vague
        -0.0310,  # lean, clear
        0.1429,  # lean down, clear
        0.0606,  # halves
        -1.2740,  # habit, early
    ]
)
