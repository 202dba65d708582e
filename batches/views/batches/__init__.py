"""Pages of batches: the list, one batch, their live fragments and the CSV. Start with `pages`."""
