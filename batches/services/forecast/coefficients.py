"""Measured: `python -m tests.backtest.fit` writes this file."""

import numpy as np

MID = np.zeros(18)
LOW = np.zeros(18)
HIGH = np.zeros(18)
LOW[0] = HIGH[0] = -0.5
