"""When a batch will be done, from its samples and from what its account did before.

Pure functions over numpy arrays: no Django, no database, no clock. Only the worker imports
this room (but `reasons`), as numpy takes 0.1 s and 14 MB. Start with `estimate`.
"""
