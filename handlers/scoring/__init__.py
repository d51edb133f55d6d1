"""The machine learning: scores by topic, who is among the best, and which products that speaks for."""

from handlers.scoring.load import load_scores, write_scores
from handlers.scoring.opportunities import Opportunity, opportunities
from handlers.scoring.problems import NoScores, ScoringProblem
from handlers.scoring.scores import ScoreFile, Scores

__all__ = [
    "NoScores",
    "Opportunity",
    "ScoreFile",
    "Scores",
    "ScoringProblem",
    "load_scores",
    "opportunities",
    "write_scores",
]
