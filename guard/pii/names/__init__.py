"""Names of people, places and organisations, and addresses: a token model reads the words that could be one.

It can't see policies; it tells types, places and scores. What a stretch of text needs no model for, `gate` decides.
"""
