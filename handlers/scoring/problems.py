"""What can be wrong with scores."""

from models.base import Problem


class ScoringProblem(Problem):
    """Scores cannot be used as asked."""


class NoScores(ScoringProblem):
    """A topic has no scores for a snapshot."""

    message = "There are no scores of %(topic)s for the data of %(snapshot)s. Load or compute them first."


class ScoresUnfit(ScoringProblem):
    """A file of scores does not have the agreed shape or values."""

    message = (
        "The score file %(file)s cannot be used: %(reason)s. Deliver customer_id and a score from 0 to 1."
    )


class ShareUnfit(ScoringProblem):
    """A share of the best is not a share."""

    message = "%(percent)s is not a share of the best customers. Give more than 0 and at most 100 percent."
