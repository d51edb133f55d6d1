"""The list of incidents: open ones first, each with its campaign and its cause in words."""

from flask import Blueprint, render_template
from sqlalchemy import select

from app.locale import say
from models.base import db
from models.campaign import Campaign
from models.process import Incident, Job, Process

bp = Blueprint("incidents", __name__)

#: incidents on the page
MOST = 200


@bp.get("/incidents")
def index() -> str:
    """Show the latest incidents, open ones first."""
    asked = (
        select(Incident, Job, Campaign)
        .outerjoin(Job, Job.id == Incident.job_id)
        .join(Process, Process.id == Incident.process_id)
        .outerjoin(Campaign, Campaign.id == Process.subject_id)
        .order_by(Incident.state, Incident.created_at.desc())
        .limit(MOST)
    )
    return render_template("incidents/index.html", rows=db.session.execute(asked).all(), say=say)
