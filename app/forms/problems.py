"""What can be wrong with a form or an answer: each says what, where, and what to do."""

from models.base import Problem


class FormBroken(Problem):
    """The schema itself cannot be used."""

    message = "Form %(form)s, field %(field)s: %(reason)s"


class MissingAnswer(Problem):
    """A required field is empty."""

    message = "%(label)s is missing. Fill it in."


class NothingChosen(Problem):
    """A required choice is open."""

    message = "Nothing is chosen for %(label)s. Choose from the list."


class NotConfirmed(Problem):
    """A box that must be ticked is not."""

    message = "%(label)s must be ticked before you go on."


class TooShort(Problem):
    """Fewer characters than asked for."""

    message = "%(label)s has %(length)s characters. Write at least %(least)s."


class TooLong(Problem):
    """More characters than there is room for."""

    message = "%(label)s has %(length)s characters. Shorten it to %(most)s."


class NotANumber(Problem):
    """Text where a number belongs."""

    message = "%(label)s must be a number. Write digits only, without a unit."


class NotWhole(Problem):
    """A fraction where only whole ones count."""

    message = "%(label)s must be a whole number. Leave out what stands after the point."


class TooManyPlaces(Problem):
    """More digits after the point than can be kept."""

    message = "%(label)s may have %(places)s digits after the point. Round it."


class TooLittle(Problem):
    """A number below the least."""

    message = "%(label)s must be at least %(least)s. You wrote %(value)s."


class TooMuch(Problem):
    """A number above the most."""

    message = "%(label)s must be at most %(most)s. You wrote %(value)s."


class NotADay(Problem):
    """Text where a day belongs."""

    message = "%(label)s must be a day of the calendar. Write it as 2026-03-02."


class WrongPattern(Problem):
    """Text that is not written as the form asks."""

    message = "%(label)s is not written as the form expects. Write it as the hint below the field says."


class NotOnOffer(Problem):
    """A choice that the list does not, or no longer, hold."""

    message = "What you chose for %(label)s is not on offer, or no longer. Choose again."


class TooManyRows(Problem):
    """More rows than a form takes."""

    message = "%(label)s takes at most %(most)s rows. Take some out."


class UnexpectedField(Problem):
    """Something was sent that the form does not hold."""

    message = "This form does not hold: %(fields)s. Load the page again and repeat the last step."
