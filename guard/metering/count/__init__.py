"""Counting: from what a backend reported and wrote to the tokens of each class, and where each count comes from."""
