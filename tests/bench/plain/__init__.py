"""Django as `startproject` makes it: what the product is measured against. Never part of it."""
