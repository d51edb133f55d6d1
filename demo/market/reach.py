"""How far a channel reaches: the share of a list it gets to, and how much of a talk's effect it keeps."""

#: Share of the log-odds effect of a call that a channel keeps.
KEPT = {"call": 1.0, "sms": 0.6}
#: Share of messages delivered to phones in use, and share of customers reached in up to three calls.
DELIVERED = 0.965
REACHED = 0.975
