"""Personal data: a file for each kind of value, with its pattern and the check that confirms it.

It knows values, not policies: what is done about a finding is decided elsewhere.
"""
