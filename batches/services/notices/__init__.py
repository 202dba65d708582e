"""Telling people what happened: what there is to tell, who follows it, and on which way.

A notice is stored in the transaction of what happened. The worker makes deliveries of it and sends
them. Only the worker imports what sends. Start with `publish`.
"""
