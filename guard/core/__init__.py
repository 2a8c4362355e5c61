"""The pure heart: events in, commands out. No I/O, no clock, no logging, no randomness.

It decides when text may leave; it can't see sockets, patterns, models or policies, only their results.
"""
