"""What can be wrong with an audience or a list made of it: where, what, and what to do."""

from models.base import Problem


class AudienceProblem(Problem):
    """An audience cannot be made as described."""


class TreeProblem(AudienceProblem):
    """A condition tree cannot be used; `path` says where, e.g. all[1].any[0]."""


class NotATree(TreeProblem):
    """The outermost shape is not that of a condition tree of this version."""

    message = 'A condition tree is {"version": 1, "all": [...]}. This is something else.'


class TooDeep(TreeProblem):
    """Branches are nested deeper than anybody can read."""

    message = "The conditions are nested %(depth)s levels deep; %(limit)s are allowed. Flatten some of them."


class TooLarge(TreeProblem):
    """There are more conditions than anybody can check."""

    message = "There are %(nodes)s conditions; %(limit)s are allowed. Split the audience."


class NotACondition(TreeProblem):
    """A node is none of the known forms."""

    message = "%(path)s: this is not a condition. Use all, any, none, a tag, a score or a group."


class FieldUnfit(TreeProblem):
    """A field of a node is not of the right kind."""

    message = "%(path)s: the field %(field)s does not have the right form. Choose the condition anew."


class EmptyBranch(TreeProblem):
    """A branch without conditions means everybody or nobody, and readers differ on which."""

    message = "%(path)s: there is no condition in this group. Add one or remove the group."


class EmptyList(TreeProblem):
    """A list of values is empty."""

    message = "%(path)s: no value is chosen. Choose at least one."


class TooManyValues(TreeProblem):
    """A list of values is too long for a condition."""

    message = "%(path)s: %(count)s values are chosen; %(limit)s are allowed. Import them as a list instead."


class UnknownTag(TreeProblem):
    """Nobody has such a tag."""

    message = "%(path)s: there is no tag %(tag)s. Choose one of the list."


class TagNotAvailable(TreeProblem):
    """The tag exists, but this operator's data does not have it."""

    message = "The tag %(tag)s is not available in the data of %(snapshot)s. Remove the condition."


class OperatorUnfit(TreeProblem):
    """A tag cannot be compared this way."""

    message = "%(path)s: %(tag)s cannot be compared by %(op)s. Use one of: %(allowed)s."


class ValueUnfit(TreeProblem):
    """A value is not one the tag can have."""

    message = "%(path)s: %(value)s is not a value of %(tag)s. Give %(expected)s."


class RangeReversed(TreeProblem):
    """A range ends before it begins."""

    message = "%(path)s: the range goes from %(low)s to %(high)s. Put the smaller value first."


class UnknownTopic(TreeProblem):
    """The name of a score is not a name of a score."""

    message = "%(path)s: %(topic)s is not the name of a score. Choose one of the list."


class UnknownGroup(TreeProblem):
    """There is no such group among the fourteen."""

    message = "%(path)s: there is no customer group %(group)s. Choose from the fourteen groups."


class GroupsNotGiven(AudienceProblem):
    """A condition asks for groups, and nobody classified the customers."""

    message = "The customer groups are not known here. Publish the table of the fourteen groups first."


class UnknownRule(AudienceProblem):
    """An exclusion set names a rule that is not there."""

    message = "There is no exclusion rule %(rule)s. Correct the table of exclusion sets."


class NobodyMeant(AudienceProblem):
    """There is no audience yet, or nobody is in it."""

    message = "Nobody is in this audience. Change the conditions."


class ListColumnsUnfit(AudienceProblem):
    """A list to be frozen is not of the agreed shape."""

    message = "The list cannot be frozen: the column %(column)s is missing or of another kind or length."


class ListNotInOrder(AudienceProblem):
    """A list to be frozen has a customer twice or is not sorted."""

    message = "The list cannot be frozen: a customer stands in it twice, or it is not in order."


class FrozenListChanged(AudienceProblem):
    """A frozen list is not what was frozen."""

    message = "The frozen list %(file)s is not the one that was frozen. Do not use it; ask the administrator."


class FrozenListGone(AudienceProblem):
    """A frozen list is no longer there."""

    message = "The frozen list %(file)s is not there. Restore it from the backup."
