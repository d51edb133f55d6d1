"""Answers over HTTP: receipts, call results, refusals and complaints, each with the sender's own key."""

import hmac
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from app.config import secret_file
from app.intake.rows import take
from models.feedback import OUTCOMES, STATUSES

bp = Blueprint("intake", __name__, url_prefix="/intake")

#: answers in one call
MOST = 5_000


class AnswerSchema(Schema):
    """What every answer carries."""

    class Meta:
        """A sender may say more than we ask."""

        unknown = EXCLUDE

    key = fields.String(required=True, validate=validate.Length(min=1, max=60))
    at = fields.AwareDateTime(required=True)


class ReceiptSchema(AnswerSchema):
    """An SMS centre's word on one message."""

    message_id = fields.String(required=True, validate=validate.Length(min=1, max=40))
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))


class CallResultSchema(AnswerSchema):
    """How one call ended."""

    contact_id = fields.String(required=True, validate=validate.Length(min=1, max=40))
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    reason = fields.String(load_default="", validate=validate.Length(max=40))
    attempt = fields.Integer(load_default=1)


class SaidSchema(AnswerSchema):
    """Words of a customer: a refusal or a complaint."""

    number = fields.String(required=True, validate=validate.Length(min=5, max=20))
    channel = fields.String(load_default="sms", validate=validate.Length(max=20))
    text = fields.String(load_default="", validate=validate.Length(max=500))


@bp.post("/receipts")
def receipts() -> Response:
    """Receipts of messages; order and repeats do not matter."""
    answers = [{**row, "body": {"status": row["status"]}} for row in _loaded(ReceiptSchema())]
    return _taken("receipt", answers)


@bp.post("/call-results")
def call_results() -> Response:
    """Results of calls, one a try."""
    kept = ("outcome", "reason", "attempt")
    answers = [
        {**row, "message_id": row["contact_id"], "body": {k: row[k] for k in kept}}
        for row in _loaded(CallResultSchema())
    ]
    return _taken("call_result", answers)


@bp.post("/opt-outs")
def opt_outs() -> Response:
    """Refusals of a channel, in force at once."""
    return _taken("opt_out", [{**row, "body": {"text": row["text"]}} for row in _loaded(SaidSchema())])


@bp.post("/complaints")
def complaints() -> Response:
    """Complaints about being contacted."""
    return _taken("complaint", [{**row, "body": {"text": row["text"]}} for row in _loaded(SaidSchema())])


@bp.before_request
def require_token() -> Response | None:
    """Only who holds the token may hand in answers."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = secret_file(current_app.extensions["settings"].instance / "keys" / "intake_token")
    if hmac.compare_digest(given.encode(), token.encode()):
        return None
    refused = jsonify(error="A valid bearer token is needed; it lies in the instance folder under keys.")
    refused.status_code = 401
    return refused


@bp.errorhandler(ValidationError)
def unreadable(error: ValidationError) -> Response:
    """Nothing of a delivery is kept when a part of it cannot be read."""
    refused = jsonify(error="These answers cannot be read; nothing was kept.", problems=error.messages)
    refused.status_code = 422
    return refused


def _loaded(schema: Schema) -> list[dict[str, Any]]:
    given = request.get_json(silent=True)
    if not isinstance(given, list) or len(given) > MOST:
        raise ValidationError({"_": [f"A JSON list of at most {MOST} answers is expected."]})
    loaded: list[dict[str, Any]] = schema.load(given, many=True)
    return loaded


def _taken(feed: str, answers: list[dict[str, Any]]) -> Response:
    warehouse, clock = current_app.extensions["warehouse"], current_app.extensions["clock"]
    taken = take(feed, answers, warehouse, clock())
    return jsonify(received=taken.received, repeated=taken.repeated)
