"""What needs somebody, and what people noted about a batch: found by the worker, read by pages.

No numpy in the modules that pages import: alarms are found from samples in the worker alone, and
stored. Start with `read` for pages, with `rounds` for the worker.
"""
