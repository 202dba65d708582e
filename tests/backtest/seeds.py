"""Seeds of the simulation. What is tuned on one of them is reported on the other."""

TUNING = 11
REPORT = 20_261
# Coefficients are fitted on these, and the width of ranges is checked on another.
FITTING = (11, 12, 13)
CHECKING = 14
