"""Pages of batches: the list, one batch, the fragments that keep them current, the CSV file.

Views read through services; what templates take is put together in `presenter`, addresses of the
list in `addresses`, sentences in `messages`. Start with `list`, then `live`.
"""
