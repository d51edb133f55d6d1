"""How far a channel reaches: the share of a list it gets to, and how much of a talk's effect it keeps."""

#: Share of the log-odds effect of a call that a channel keeps.
KEPT = {"call": 1.0, "sms": 0.6}
#: Share of messages delivered to phones in use.
DELIVERED = 0.965
#: Chance that one try of a call is answered, tries, and with them the share of customers reached.
ANSWERED = 0.708
TRIES = 3
REACHED = 1 - (1 - ANSWERED) ** TRIES
