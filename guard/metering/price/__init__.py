"""Prices: a dated book of what tokens cost, and what an exchange comes to. Whole numbers throughout; no I/O."""
