"""What people type or put into an address, checked and cleaned; a form is the rule for its fields.

Forms know services' values and limits, but no request and no page. Start with `filters` for the
list's address, with `batches` for what is written.
"""
