"""Creating, finalizing, prioritizing a batch: forms, and how their results are answered."""
