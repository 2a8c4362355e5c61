"""Energy: what the GPUs of a pool took over an interval, split among the exchanges that they worked for.

No number is given rather than a wrong one: each figure has a method, a version of weights and a doubt, or a reason why
it is absent. Nothing here knows the ledger. `docs/energy.md` says what is claimed.
"""
