"""Background work. Every job finds what is due in the database, and does it under a lease.

So nothing is lost when a worker is killed, and two workers do nothing twice. Huey starts the jobs
every minute (`schedule`); a thread for each of the most urgent ones starts it every few seconds
(`loops`), which Huey cannot.
"""

from batches.tasks import loops, schedule

__all__ = ["loops", "schedule"]  # imported by Huey as `batches.tasks`, which registers all
