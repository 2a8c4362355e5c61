"""Secrets: a file for each provider or form, with its pattern and the check that confirms it.

It knows values, not policies: what is done about a finding is decided elsewhere.
"""
