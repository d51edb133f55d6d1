"""What can go wrong between a caller and the engine, one class each, in words a user can be told."""

from typing import ClassVar

from models.base import Problem


class EngineProblem(Problem):
    """What the engine refuses."""

    message: ClassVar[str] = "The process engine refused this."


class ProcessUnknown(EngineProblem):
    """No such process."""

    message = "There is no process %(process_id)s."


class ProcessEnded(EngineProblem):
    """The process is over; nothing can be done in it any more."""

    message = "Process %(process_id)s has ended."


class VersionUnknown(EngineProblem):
    """No published version under this key or id."""

    message = "No process is published under “%(key)s”."


class FileUnknown(EngineProblem):
    """The version has no such diagram or form."""

    message = "This version of the process has no file “%(file)s”."


class ToDoUnknown(EngineProblem):
    """No such to-do."""

    message = "There is no to-do %(to_do_id)s."


class ToDoGone(EngineProblem):
    """Somebody was faster, or the process moved on."""

    message = "%(by)s dealt with this to-do at %(at)s."


class ToDoTaken(EngineProblem):
    """The to-do belongs to somebody else."""

    message = "This to-do is with %(by)s."


class NotACandidate(EngineProblem):
    """The to-do is not offered to this person."""

    message = "This to-do is not offered to %(login)s."


class OutcomeUnknown(EngineProblem):
    """The outcome is not one the diagram names."""

    message = "“%(outcome)s” is not among the outcomes of this to-do: %(outcomes)s."


class OpinionMissing(EngineProblem):
    """This outcome needs a reason."""

    message = "The outcome “%(outcome)s” needs an opinion."


class NobodyWaits(EngineProblem):
    """No process waits for this message."""

    message = "No process waits for the message “%(name)s” (%(correlation)s)."


class JobUnknown(EngineProblem):
    """No such job."""

    message = "There is no job %(job_id)s."


class JobNotDue(EngineProblem):
    """Another worker has the job, or it is over."""

    message = "Job %(job_id)s is not to be run now (%(state)s)."


class JobLost(EngineProblem):
    """The worker that had the job gave no sign of life any more."""

    message = "The worker that had this job gave no sign of life any more (try %(attempt)s)."
    may_pass = True


class JobTimedOut(EngineProblem):
    """One try took longer than the diagram allows."""

    message = "It was not finished within %(seconds)s seconds, the longest one try may take."
    may_pass = True


class Unforeseen(EngineProblem):
    """An error nobody gave words to."""

    message = "An error nobody foresaw: %(text)s (%(kind)s)"
    may_pass = True


class IncidentUnknown(EngineProblem):
    """No such incident."""

    message = "There is no incident %(incident_id)s."


class IncidentGone(EngineProblem):
    """Somebody was faster, or it mended itself."""

    message = "%(by)s dealt with this incident at %(at)s."


class NoJobThere(EngineProblem):
    """What is asked can only be done to a job, and a timer failed here."""

    message = "A timer failed here, not a job: it can only be tried again."


class ArgumentUnknown(EngineProblem):
    """The operation has no such parameter."""

    message = "The operation %(operation)s knows no “%(argument)s”."


class ArgumentMissing(EngineProblem):
    """The operation cannot do without this."""

    message = "The operation %(operation)s needs “%(argument)s”."


class ArgumentWrong(EngineProblem):
    """A value of another kind than the operation takes."""

    message = "“%(argument)s” is not of the kind the operation takes."


class ArgumentFixed(EngineProblem):
    """What a process is about cannot be changed on the way."""

    message = "“%(argument)s” says what the process is about and cannot be changed."


class ReasonMissing(EngineProblem):
    """This act must be explained."""

    message = "Please give a reason."


class DataTooLarge(EngineProblem):
    """Process data carries keys and decisions, not files."""

    message = "Too much data at “%(where)s”: %(size)s bytes, at most %(limit)s."


class DataNotPlain(EngineProblem):
    """Process data must be plain JSON."""

    message = "The data at “%(where)s” is not plain JSON: %(reason)s."


class KeyReserved(EngineProblem):
    """A key the serialiser of SpiffWorkflow would misread."""

    message = "The data at “%(where)s” uses the reserved key “%(key)s”."


class ExpressionRefused(EngineProblem):
    """The expression is outside the small language of diagrams."""

    message = "The expression “%(expression)s” is not allowed: %(reason)s."


class ExpressionFailed(EngineProblem):
    """The expression could not be worked out with the data at hand."""

    message = "The expression “%(expression)s” at “%(element)s” failed: %(reason)s."


class TimerUnreadable(EngineProblem):
    """The text says no moment, duration or cycle."""

    message = "“%(text)s” is no date, duration or cycle (ISO 8601)."


class InputMissing(EngineProblem):
    """A declared input has no value."""

    message = "“%(element)s” needs the variable “%(variable)s”, which has no value here."


class OperationMissing(EngineProblem):
    """The diagram calls an operation this installation does not have."""

    message = "“%(element)s” calls the operation “%(operation)s”, which does not exist."


class ErrorNotCaught(EngineProblem):
    """An error end event was reached and nothing around it catches the error."""

    message = "The error “%(code)s” raised at “%(element)s” is caught nowhere."


class EndlessLoop(EngineProblem):
    """The diagram goes round without ever waiting."""

    message = "The process went %(steps)s steps without waiting, last at “%(element)s”."


class DiagramRefused(EngineProblem):
    """The checker found errors; nothing was published."""

    message = "The diagrams cannot be published: %(count)s errors, first at “%(element)s”: %(first)s"


class DecisionUnreadable(EngineProblem):
    """The decision table is no DMN file we can read."""

    message = "The decision table cannot be read: %(reason)s."
