"""Attacks on Guard: each test is something that a stranger, a backend or a model may try."""
