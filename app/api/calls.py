"""Outbound calls for desks and diallers: pull the next call, ask for an order, hand in the result."""

from collections.abc import Sequence
from typing import Any

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint

from app.access import person
from app.api.call_schemas import (
    AskSchema,
    CallSchema,
    HoldSchema,
    NextSchema,
    ProblemSchema,
    ProgressSchema,
    QuestionSchema,
    RecordedSchema,
    ResultSchema,
    SlotSchema,
)
from app.locale import now, translate
from handlers.channels import calls
from handlers.channels.calls import CallCentre, CallProblem, Held
from models.base import db

bp = Blueprint("api_calls", __name__, url_prefix="/api/v1/calls", description="Outbound calls")

#: what is right by itself and comes too late, or too early; anything else is wrong by itself
CONFLICTS = (
    calls.CallGone,
    calls.CalledOff,
    calls.KeyUsedBefore,
    calls.OrderConfirmed,
    calls.QuestionOpen,
    calls.SlotFull,
)


@bp.errorhandler(CallProblem)
def refused(problem: CallProblem) -> Response:
    """Say in words what is wrong: 404 unknown, 409 overtaken by somebody or something, else 422."""
    status, name = 422, "Unprocessable Entity"
    if isinstance(problem, calls.NoSuchCall):
        status, name = 404, "Not Found"
    elif isinstance(problem, CONFLICTS):
        status, name = 409, "Conflict"
    db.session.rollback()
    answer = jsonify(code=status, status=name, message=translate(problem))
    answer.status_code = status
    return answer


@bp.post("/next")
@bp.response(200, NextSchema)
def pull() -> dict[str, Any]:
    """The call you have, or the next one, with the number to dial; without one, when something is due.

    Pulling again gives the same call. Each pull of a number is on record.
    """
    login, moment = person().login, now()
    held = calls.pull(db.session, _centre(), login, moment)
    if held is None:
        return {"call": None, "next_at": calls.next_due(db.session, _centre(), login, moment)}
    return {"call": _shown(held) | {"dial": calls.number_of(_centre(), held)}, "next_at": None}


@bp.get("/<int:call_id>")
@bp.response(200, CallSchema)
@bp.alt_response(404, schema=ProblemSchema, description="not a call you have")
def look(call_id: int) -> dict[str, Any]:
    """The call you have, its number masked."""
    held = calls.in_hands_of(db.session, person().login)
    if held is None or held.call_id != call_id:
        raise calls.NoSuchCall(call=call_id)
    return _shown(held)


@bp.post("/<int:call_id>/result")
@bp.arguments(ResultSchema)
@bp.response(200, RecordedSchema)
@bp.alt_response(404, schema=ProblemSchema, description="no such call")
@bp.alt_response(409, schema=ProblemSchema, description="the call or the time asked for has gone")
@bp.alt_response(422, schema=ProblemSchema, description="something is missing or does not fit")
def hand_in(said: dict[str, Any], call_id: int) -> calls.Recorded:
    """Hand in how a try ended; the same key again gets the same answer."""
    fence = said.pop("fence")
    result = calls.Result(**said)
    return calls.record(db.session, _centre(), call_id, fence, person().login, result, now())


@bp.post("/<int:call_id>/order")
@bp.arguments(AskSchema)
@bp.response(200, QuestionSchema)
@bp.alt_response(404, schema=ProblemSchema, description="no such call")
@bp.alt_response(409, schema=ProblemSchema, description="the call has gone, or a question is open")
@bp.alt_response(422, schema=ProblemSchema, description="not on offer in this call")
def order(asked: dict[str, Any], call_id: int) -> calls.Question:
    """Ask the customer by message to confirm an order with 是; asking again sends nothing more."""
    login, product = person().login, asked["product"]
    return calls.ask_order(db.session, _centre(), call_id, asked["fence"], login, product, now())


@bp.post("/<int:call_id>/put-back")
@bp.arguments(HoldSchema)
@bp.response(204)
@bp.alt_response(404, schema=ProblemSchema, description="no such call")
@bp.alt_response(409, schema=ProblemSchema, description="the call has gone")
def put_back(held: dict[str, Any], call_id: int) -> None:
    """Give the call back untried, for a break."""
    calls.put_back(db.session, call_id, held["fence"], person().login)


@bp.get("/slots")
@bp.response(200, SlotSchema(many=True))
def slots() -> Sequence[calls.Slot]:
    """The times a customer may be promised on the next four working days, and how many are free."""
    return calls.free_slots(db.session, now())


@bp.get("/progress")
@bp.response(200, ProgressSchema)
def progress() -> calls.Progress:
    """Your day so far, and the lists being worked."""
    return calls.progress(db.session, _centre(), person().login, now())


def _centre() -> CallCentre:
    centre: CallCentre = current_app.extensions["call_centre"]
    return centre


def _shown(held: Held) -> dict[str, Any]:
    staff = person()
    login, name = staff.login, staff.name
    card = calls.card_of(db.session, _centre(), held)
    values = calls.gaps(login, name, card.ends_on)
    return {
        "id": held.call_id,
        "fence": held.fence,
        "number": card.number,
        "campaign": card.campaign,
        "campaign_name": card.campaign_name,
        "work_order": card.work_order,
        "attempt": held.attempt,
        "most_attempts": calls.MOST_TRIES,
        "is_appointed": held.is_appointed,
        "taken_at": held.taken_at,
        "leased_until": held.leased_until,
        "opening": calls.spoken(card.script.opening, values),
        "branches": [
            {"label": branch.label, "words": calls.spoken(branch.words, values)}
            for branch in card.script.branches
        ],
        "products": card.offers,
        "questions": card.questions,
        "reasons": calls.REASONS,
    }
