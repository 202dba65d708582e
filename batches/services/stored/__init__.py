"""What is stored of a key, for the JSON API: batches, projects, and how old each value is.

Nothing in here asks the vendor, on whatever way; a contract of import-linter holds that. Start with
`batches`.
"""
