"""Tiers: which one a caller has, and what of it has to be counted."""
