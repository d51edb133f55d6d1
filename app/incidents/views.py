"""The list of incidents: open ones first, each with its campaign and its cause in words."""

from flask import Blueprint, render_template
from sqlalchemy import select

from models.base import db
from models.campaign import Campaign
from models.process import Incident, Process

bp = Blueprint("incidents", __name__)


@bp.get("/incidents")
def index() -> str:
    """Show the latest incidents, open ones first."""
    asked = (
        select(Incident, Campaign)
        .join(Process, Process.id == Incident.process_id)
        .outerjoin(Campaign, Campaign.id == Process.subject_id)
        .order_by(Incident.state.desc(), Incident.created_at.desc())
        .limit(200)
    )
    return render_template("incidents/index.html", rows=db.session.execute(asked).all())
