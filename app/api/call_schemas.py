"""What the calls' API takes and gives."""

from marshmallow import Schema, fields, validate

from handlers.channels.calls import REASONS

_OUTCOMES = validate.OneOf(list(REASONS))
_REASON_CODES = sorted({code for codes in REASONS.values() for code in codes})


class ProblemSchema(Schema):
    """Why not, in the language of who asks."""

    code = fields.Integer()
    status = fields.String()
    message = fields.String()


class HoldSchema(Schema):
    """By which pull the caller has the call."""

    fence = fields.Integer(required=True, metadata={"description": "as the pull gave it"})


class AskSchema(HoldSchema):
    """An order to be confirmed."""

    product = fields.String(required=True, validate=validate.Length(min=1, max=20))


class ResultSchema(HoldSchema):
    """How a try ended."""

    key = fields.String(
        required=True,
        validate=validate.Length(min=1, max=60),
        metadata={"description": "your own; the same key again gets the same answer"},
    )
    outcome = fields.String(required=True, validate=_OUTCOMES)
    reason = fields.String(
        load_default="",
        validate=validate.OneOf(["", *_REASON_CODES]),
        metadata={"description": "needed for every outcome but success"},
    )
    note = fields.String(load_default="", validate=validate.Length(max=500))
    call_back_at = fields.AwareDateTime(
        load_default=None, allow_none=True, metadata={"description": "one of the slots; only with consider"}
    )


class BranchSchema(Schema):
    """What to say when the customer says this."""

    label = fields.String()
    words = fields.String()


class OfferSchema(Schema):
    """A product that can be ordered in the call."""

    code = fields.String()
    name = fields.String()
    name_en = fields.String()
    price = fields.String()
    price_en = fields.String()
    text = fields.String(metadata={"description": "the message that asks the customer to confirm"})


class QuestionSchema(Schema):
    """An order the customer was asked to confirm."""

    product = fields.String()
    state = fields.String(metadata={"description": "asked, confirmed, sent (to the order system) or lapsed"})
    asked_by = fields.String()
    asked_at = fields.AwareDateTime()
    confirmed_at = fields.AwareDateTime(allow_none=True)


class CallSchema(Schema):
    """A call in your hands."""

    id = fields.Integer()
    fence = fields.Integer(metadata={"description": "goes with everything handed in for this call"})
    number = fields.String(metadata={"description": "masked"})
    campaign = fields.String()
    campaign_name = fields.String()
    work_order = fields.String()
    attempt = fields.Integer()
    most_attempts = fields.Integer()
    is_appointed = fields.Boolean(metadata={"description": "the customer chose this time"})
    taken_at = fields.AwareDateTime()
    leased_until = fields.AwareDateTime(metadata={"description": "from then on somebody else may get it"})
    opening = fields.String()
    branches = fields.List(fields.Nested(BranchSchema))
    products = fields.List(fields.Nested(OfferSchema))
    questions = fields.List(fields.Nested(QuestionSchema))
    reasons = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), metadata={"description": "by outcome"}
    )


class DialledSchema(CallSchema):
    """A call just pulled."""

    dial = fields.String(metadata={"description": "the number, for the dialler; only in this answer"})


class NextSchema(Schema):
    """The call to make now, or when there will be one."""

    call = fields.Nested(DialledSchema, allow_none=True)
    next_at = fields.AwareDateTime(allow_none=True)


class RecordedSchema(Schema):
    """What follows from a result."""

    call_id = fields.Integer()
    attempt = fields.Integer()
    outcome = fields.String()
    reason = fields.String()
    next_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when the customer is called again; null: never"}
    )
    is_appointed = fields.Boolean()


class SlotSchema(Schema):
    """A time that may be promised."""

    at = fields.AwareDateTime()
    part = fields.String(metadata={"description": "morning, afternoon or evening"})
    free = fields.Integer()
    is_past = fields.Boolean()


class TallySchema(Schema):
    """Calls of today."""

    called = fields.Integer(metadata={"description": "tries"})
    successes = fields.Integer(metadata={"description": "customers who confirmed"})
    to_confirm = fields.Integer(metadata={"description": "customers asked who have not answered yet"})


class OrderTallySchema(Schema):
    """A work order today."""

    number = fields.String()
    campaign = fields.String()
    tally = fields.Nested(TallySchema)
    left = fields.Integer(metadata={"description": "customers to be called before the day ends"})


class ProgressSchema(Schema):
    """A call agent's day."""

    mine = fields.Nested(TallySchema)
    left = fields.Integer()
    orders = fields.List(fields.Nested(OrderTallySchema))
