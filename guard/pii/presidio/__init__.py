"""Presidio's recognizers, and a user's own in its forms, as patterns of the automaton.

The recognizers stay Presidio's: their expressions, validators, deny-lists and context words are read from its classes
at the start. Importing Presidio takes most of a second and 80 MiB, so only this package does, and only when it has to.
"""
