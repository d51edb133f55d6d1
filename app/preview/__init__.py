"""What a planner is shown while planning: conditions as rows, and counts from a bounded pool.

Screens stand on it, so that the wizard and the preview of an audience say the same numbers.
"""
