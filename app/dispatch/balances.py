"""The tab of the reconciliation: lines by day, those that do not balance first."""

from flask import render_template, request

from app.access import person
from app.dispatch.lines import KINDS, balances
from app.dispatch.views import bp, tabs
from models.base import db


@bp.get("/balance")
def balance() -> str:
    """Every line in sight, with the to-do that looks at it."""
    kind = request.args.get("kind", "")
    found = balances(db.session(), person(), kind, request.args.get("page", 1, type=int))
    return render_template(
        "dispatch/balance.html", found=found, kind=kind, kinds=KINDS, tabs=tabs("dispatch.balance")
    )
