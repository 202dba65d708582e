"""Measured: `python -m tests.backtest.fit` writes this file."""

import numpy as np

MID = np.zeros(28)
LOW = np.zeros(28)
HIGH = np.zeros(28)
