"""Seeds of the simulation. What is tuned on one of them is reported on the other."""

TUNING = 11
REPORT = 20_261
FITTING = (11, 12, 13)  # coefficients of bias and spread
SCALING = (14, 15, 16)  # the width of all ranges
