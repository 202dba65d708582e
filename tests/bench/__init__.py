"""`make bench`: what pages cost, beside plain Django on the same gunicorn, on this machine, now.

Figures for people, no gate: a machine that is busy with something else is no reason to fail. What
is compared takes turns and each round has its ratio, so that other work hits both sides alike.
"""
