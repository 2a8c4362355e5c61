"""What was decided and why, kept for people: the decision log and the record of exchanges. It decides nothing.

Nothing here makes an exchange wait or fail: what can't be written in time is counted as lost.
"""
