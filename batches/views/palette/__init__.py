"""The search over everything (Ctrl K): its page, its results, and what a person opened lately.

Start with `search`; each other module makes some of the sections.
"""
