"""What a planner hands in: the one shape of a campaign's draft, checked field by field."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from handlers.audience import AudienceProblem, parse
from handlers.channels import CHANNELS
from models.base import Problem
from models.campaign import Campaign, CampaignChannel, CampaignProduct

PURPOSES = ("acquire", "activate", "retain", "remind", "notice")
#: the purpose that sells nothing
NOTICE = "notice"
#: a campaign may run at most so long
LONGEST = timedelta(days=366)
#: first and last moment of the day at which customers may be met
HOURS = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d\Z"


class DraftProblem(Problem):
    """One field of the draft is wrong; `field` says which."""

    message = "%(field)s: %(said)s"
    #: name of the field of the draft
    field: str = ""


class FieldMissing(DraftProblem):
    """A field without which there is no campaign."""

    message = "This is needed before the campaign can be submitted."


class FieldWrong(DraftProblem):
    """A field that cannot be read."""

    message = "This cannot be used: %(said)s"


class StartsInThePast(DraftProblem):
    """Nobody can be met yesterday."""

    message = "The campaign cannot start before %(earliest)s; choose a later day."


class EndsBeforeItStarts(DraftProblem):
    """The window is the wrong way round or longer than a year."""

    message = "The last day must lie between %(first)s and %(last)s."


class UnknownProduct(DraftProblem):
    """A product that is not in the catalogue."""

    message = "There is no product with the code %(code)s; choose one of the catalogue."


class ChannelSchema(Schema):
    """One channel of a draft."""

    channel = fields.String(required=True, validate=validate.OneOf(sorted(CHANNELS)))
    content = fields.String(required=True, validate=validate.Length(min=1, max=2000))
    hours = fields.String(load_default="09:00-20:00", validate=validate.Regexp(HOURS))


class DraftSchema(Schema):
    """The answer of the drafting to-do."""

    class Meta:
        """What a later form adds is not an error here."""

        unknown = EXCLUDE

    name = fields.String(required=True, validate=validate.Length(min=2, max=80))
    reason = fields.String(load_default="", validate=validate.Length(max=2000))
    product_codes = fields.List(fields.String(), required=True, validate=validate.Length(max=5))
    purpose = fields.String(required=True, validate=validate.OneOf(PURPOSES))
    definition = fields.Dict(required=True)
    hold_out_percent = fields.Decimal(required=True, validate=validate.Range(min=0, max=50))
    people_cap = fields.Integer(allow_none=True, load_default=None, validate=validate.Range(1, 10**8))
    channels = fields.List(
        fields.Nested(ChannelSchema), required=True, validate=validate.Length(min=1, max=5)
    )
    budget_yuan = fields.Decimal(required=True, places=2, validate=validate.Range(min=0, max=10**8))
    target_percent = fields.Decimal(required=True, validate=validate.Range(min=0, max=100))
    start_on = fields.Date(required=True)
    end_on = fields.Date(required=True)
    response_days = fields.Integer(load_default=30, validate=validate.Range(min=1, max=90))
    remark = fields.String(load_default="", validate=validate.Length(max=2000))


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A draft whose every field can be read."""

    name: str
    reason: str
    product_codes: list[str]
    purpose: str
    definition: dict[str, Any]
    hold_out_percent: Decimal
    people_cap: int | None
    channels: list[dict[str, str]]
    budget_yuan: Decimal
    target_percent: Decimal
    start_on: date
    end_on: date
    response_days: int
    remark: str

    SCHEMA: ClassVar[Schema] = DraftSchema()

    def write_to(self, campaign: Campaign) -> None:
        """Put the plan into the campaign's own rows, replacing what an earlier submission wrote."""
        campaign.name, campaign.reason, campaign.purpose = self.name, self.reason, self.purpose
        campaign.definition, campaign.people_cap = self.definition, self.people_cap
        campaign.hold_out_basis_points = int(self.hold_out_percent * 100)
        campaign.budget_fen = int(self.budget_yuan * 100)
        campaign.target_basis_points = int(self.target_percent * 100)
        campaign.start_on, campaign.end_on = self.start_on, self.end_on
        campaign.response_days = self.response_days
        _replace_channels(campaign, self.channels)
        wanted = dict.fromkeys(self.product_codes)
        campaign.products = [p for p in campaign.products if p.product_code in wanted]
        known = {p.product_code for p in campaign.products}
        campaign.products += [CampaignProduct(product_code=code) for code in wanted if code not in known]


def read(answer: dict[str, Any], today: date, products: set[str]) -> tuple[Draft | None, list[DraftProblem]]:
    """The draft if every field can be used, and everything that is wrong with it otherwise."""
    try:
        draft = Draft(**Draft.SCHEMA.load(answer))
    except ValidationError as error:
        return None, [_field_problem(name, said, answer) for name, said in error.messages_dict.items()]
    return draft, _problems(draft, today, products)


def _problems(draft: Draft, today: date, products: set[str]) -> list[DraftProblem]:
    found: list[DraftProblem] = []
    if draft.start_on < today:
        found.append(_at("start_on", StartsInThePast(earliest=today.isoformat())))
    last = draft.start_on + LONGEST
    if not draft.start_on <= draft.end_on <= last:
        found.append(
            _at("end_on", EndsBeforeItStarts(first=draft.start_on.isoformat(), last=last.isoformat()))
        )
    if not draft.product_codes and draft.purpose != NOTICE:
        found.append(_at("product_codes", FieldMissing()))
    unknown = [code for code in draft.product_codes if code not in products]
    found += [_at("product_codes", UnknownProduct(code=code)) for code in unknown]
    return found + _tree_problems(draft.definition)


def _tree_problems(definition: dict[str, Any]) -> list[DraftProblem]:
    try:
        parse(definition)
    except AudienceProblem as problem:
        return [_at("definition", FieldWrong(said=str(problem)))]
    return []


def _field_problem(name: str, said: object, answer: dict[str, Any]) -> DraftProblem:
    given = answer.get(name)
    if given in (None, "", [], {}):
        return _at(name, FieldMissing())
    return _at(name, FieldWrong(said=_plain(said)))


def _plain(said: object) -> str:
    """Marshmallow nests its messages; a person reads one sentence."""
    while isinstance(said, dict | list) and said:
        said = next(iter(said.values())) if isinstance(said, dict) else said[0]
    return str(said)


def _at(name: str, problem: DraftProblem) -> DraftProblem:
    problem.field = name
    return problem


def _replace_channels(campaign: Campaign, wanted: list[dict[str, str]]) -> None:
    have = {row.channel: row for row in campaign.channels}
    rows = []
    for position, channel in enumerate(wanted):
        row = have.get(channel["channel"]) or CampaignChannel(channel=channel["channel"])
        row.position, row.content, row.hours = position, channel["content"], channel["hours"]
        rows.append(row)
    campaign.channels = rows
