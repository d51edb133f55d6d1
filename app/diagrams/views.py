"""The XML of a published diagram, and the states of a running process in it, for the viewer."""

from flask import Blueprint, Response, abort, current_app, jsonify, request

from app.access import person
from app.diagrams.place import calling_path, place
from app.diagrams.sight import process_for
from app.engine.problems import EngineProblem
from models.base import db

bp = Blueprint("diagrams", __name__)


@bp.get("/diagrams/<int:version_id>/<file>")
def source(version_id: int, file: str) -> Response:
    """The diagram as it was published; a version never changes, so browsers may keep it."""
    if not file.endswith(".bpmn"):
        abort(404)
    try:
        xml = current_app.extensions["engine"].source(version_id, file)
    except EngineProblem:
        abort(404)
    response = Response(xml, mimetype="application/xml")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@bp.get("/diagrams/process/<int:process_id>/states.json")
def states(process_id: int) -> Response:
    """Which elements of the diagram are done, open or still to come."""
    process = process_for(db.session(), person(), process_id) or abort(404)
    path = current_app.extensions["engine"].path(process_id)
    inside = calling_path(path, request.args.get("diagram") or process.version.key, process.version.key)
    if inside is None:
        abort(404)
    found = place(path, process, inside)
    return jsonify(
        version=found.version_id,
        file=found.file,
        states=found.states,
        way=[{"name": step.name, "state": step.state, "note": step.note} for step in found.way],
    )
