"""Who is signed in, and the token a program sends with everything it changes."""

from typing import Any

from flask_smorest import Blueprint
from flask_wtf.csrf import generate_csrf
from marshmallow import Schema, fields

from app.access import person

bp = Blueprint("api_session", __name__, url_prefix="/api/v1/session", description="Session")


class SessionSchema(Schema):
    """The session of the cookie."""

    login = fields.String()
    name = fields.String()
    name_en = fields.String()
    roles = fields.List(fields.String())
    csrf_token = fields.String(metadata={"description": "send it as the header X-CSRFToken with every POST"})


@bp.get("")
@bp.response(200, SessionSchema)
def session() -> dict[str, Any]:
    """Who you are; sign in through /sign-in first, as a person does."""
    staff = person()
    return {
        "login": staff.login,
        "name": staff.name,
        "name_en": staff.name_en,
        "roles": sorted(staff.role_names),
        "csrf_token": generate_csrf(),
    }
