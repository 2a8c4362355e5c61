"""Metering: every token is accounted for once. It sees counts, names and times, never text."""
