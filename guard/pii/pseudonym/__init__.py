"""Values that are replaced on the way to the model and restored on the way back, with no store.

A placeholder is a keyed digest of its value, so that the same value has the same placeholder in every turn; the way
back is known for as long as the exchange lasts, from the request itself.
"""
