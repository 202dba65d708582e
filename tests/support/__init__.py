"""Fixtures and functions that several test modules use. No tests; nothing here imports a test."""
