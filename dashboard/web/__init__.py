"""What surrounds every request: middleware, sessions, health, metrics, logs, static files.

Nothing of batches or keys is decided here. Start with `middleware`, in the order of the settings.
"""
