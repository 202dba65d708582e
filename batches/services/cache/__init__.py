"""What was read last under each key, kept in memory or in Redis; knows nobody who asks."""
