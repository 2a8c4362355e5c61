"""Energy: what the GPUs of a pool took over an interval, split among the exchanges that they worked for.

No number is given rather than a wrong one: each figure has a method, a version of weights and a doubt, or a reason why
it is absent. What single exchanges took is told, and kept elsewhere. `docs/energy.md` says what is claimed.
"""
