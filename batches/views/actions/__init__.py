"""The forms that write to Refonte: create, finalize, prioritize.

Each view calls one service and hands the result to `responses`, which knows how every outcome is
answered. Start with `finalize`, the shortest.
"""
