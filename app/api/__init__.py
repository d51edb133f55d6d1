"""The public API: versioned, described by OpenAPI, for machines and the operator's unified interfaces."""

from flask import Flask
from flask_smorest import Api

from app.api.calls import bp as calls
from app.api.campaigns import bp as campaigns
from app.api.session import bp as session
from app.api.to_dos import bp as to_dos


def init_app(app: Flask) -> None:
    """Mount /api/v1 with its OpenAPI description."""
    api = Api(app)
    for part in (session, campaigns, to_dos, calls):
        api.register_blueprint(part)
