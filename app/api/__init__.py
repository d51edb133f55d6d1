"""The public API: versioned, described by OpenAPI, for machines and for the unified interfaces of the operator."""

from flask import Flask
from flask_smorest import Api

from app.api.campaigns import bp as campaigns


def init_app(app: Flask) -> None:
    """Mount /api/v1 with its OpenAPI description."""
    Api(app).register_blueprint(campaigns)
