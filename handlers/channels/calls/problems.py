"""What can go wrong at the call desk, each in a sentence the call agent can act on."""

from models.base import Problem


class CallProblem(Problem):
    """Something a call agent is told."""


class NoSuchCall(CallProblem):
    """A number nobody's list holds."""

    message = "There is no call with the number %(call)s."


class CallGone(CallProblem):
    """The call is no longer in these hands; what is handed in for it is kept nowhere."""

    message = "This call is no longer yours (%(why)s). Nothing of it was kept; take the next one."


class TakenByAnother(Problem):
    """Why a call has gone: the lease ended and the next one got it."""

    message = "it was given to %(login)s at %(at)s"


class ResultKnown(Problem):
    """Why a call has gone: the talk is on record already."""

    message = "its result was recorded at %(at)s"


class PutBack(Problem):
    """Why a call has gone: it lies among the others again, or was called off."""

    message = "it was put back or called off"


class KeyUsedBefore(CallProblem):
    """A caller's key stands for one result only."""

    message = "The key %(key)s belongs to the result of another call; use a new one for each result."


class OutcomeMissing(CallProblem):
    """Nothing was chosen."""

    message = "Choose how the call ended: 1 success, 2 considers, 3 refuses, 4 not reached."


class ReasonMissing(CallProblem):
    """Why it failed is what the next script learns from."""

    message = "Choose why it did not work out."


class ReasonUnfit(CallProblem):
    """A reason that does not belong to this outcome."""

    message = "“%(reason)s” is no reason for this outcome."


class NoteMissing(CallProblem):
    """Other needs to be said in words."""

    message = "Say in a few words what the other reason is."


class AppointmentUnfit(CallProblem):
    """Only who considers is called back at a moment of their own."""

    message = "Only a customer who considers can be called back at an appointed time."


class NoSuchSlot(CallProblem):
    """A moment at which nobody is there to call back."""

    message = "Nobody calls back at %(at)s; choose one of the times offered."


class SlotFull(CallProblem):
    """As many call-backs as there are people for them."""

    message = "%(at)s is full by now; choose another time."


class CalledOff(CallProblem):
    """No call-back can be promised for a list nobody works any more."""

    message = "This work order has ended, so nobody will call back; record the talk without an appointment."


class ConfirmationMissing(CallProblem):
    """A success is the customer's own yes, and nobody has asked for it."""

    message = "Send the confirmation message first: a success counts when the customer has answered yes."


class OrderConfirmed(CallProblem):
    """The customer said yes in writing; the order leaves with the next file."""

    message = "The customer has confirmed the order already; record a success, and tell how to cancel it."


class NotOnOffer(CallProblem):
    """A product of another campaign, or one that cannot be ordered by a word."""

    message = "%(product)s cannot be ordered in this call."


class QuestionOpen(CallProblem):
    """Two open questions and one yes: nobody could say what was meant."""

    message = "The customer has not answered the question about %(product)s yet; wait for the answer first."
