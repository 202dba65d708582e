"""Formats of dates and times where a template names none: those of the rest of the console."""
