"""Target groups: who is meant, who is left out and why, who is kept back, and the list that stays."""

from handlers.audience.exclusion import Rule, Step, Waterfall, exclude
from handlers.audience.frozen import Frozen, freeze, read_frozen
from handlers.audience.groups import dense_groups
from handlers.audience.lot import buckets, hold_out, lots
from handlers.audience.parse import parse
from handlers.audience.places import places_of
from handlers.audience.portrait import Band, Portrait, portrait
from handlers.audience.problems import AudienceProblem, NobodyMeant, TreeProblem
from handlers.audience.query import Groups, Scores, count, members
from handlers.audience.ranking import best_first, ranked
from handlers.audience.rules import LOW_RESPONSE, SMS_AVERSE, ExclusionContext, low_response
from handlers.audience.sample import Sampled, sample
from handlers.audience.sentence import phrase, sentence
from handlers.audience.tags import GROUP_CODES, GROUPS, SCORES, TAGS, Tag
from handlers.audience.tree import Tree, as_json, digest
from handlers.audience.words import Places, Words

__all__ = [
    "GROUPS",
    "GROUP_CODES",
    "LOW_RESPONSE",
    "SCORES",
    "SMS_AVERSE",
    "TAGS",
    "AudienceProblem",
    "Band",
    "ExclusionContext",
    "Frozen",
    "Groups",
    "NobodyMeant",
    "Places",
    "Portrait",
    "Rule",
    "Sampled",
    "Scores",
    "Step",
    "Tag",
    "Tree",
    "TreeProblem",
    "Waterfall",
    "Words",
    "as_json",
    "best_first",
    "buckets",
    "count",
    "dense_groups",
    "digest",
    "exclude",
    "freeze",
    "hold_out",
    "lots",
    "low_response",
    "members",
    "parse",
    "phrase",
    "places_of",
    "portrait",
    "ranked",
    "read_frozen",
    "sample",
    "sentence",
]
