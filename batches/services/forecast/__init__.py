"""When a batch will be done, from its samples and from what its account did before.

Pure functions over numpy arrays: no Django, no database, no clock. Only the worker imports
this room (but `reasons`), as numpy takes 0.3 s and 40 MB. Start with `estimate`.
"""
