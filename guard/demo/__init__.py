"""A pretend model server, so that Guard can be tried without a model.

It imports nothing of Guard and must not be put to real use: every name, number and key in it is a documentation value.
"""
