"""The forms that write to Refonte (create, finalize, prioritize), and that of a batch's note.

Each view calls one service and hands the result to `responses`, which has a response for every
outcome. Start with `finalize`, the shortest.
"""
