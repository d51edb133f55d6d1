"""What keeps a page from doing what we did not write: policy, headers, CSRF, pages for refusals."""

import secrets

import structlog
from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, NotFound
from werkzeug.http import HTTP_STATUS_CODES

from app import htmx
from app.engine.outages import DiskFull, Outage, outage_of
from app.locale import locale_of_browser
from models.base import abandon, db

Refusal = tuple[str | Response, int]

log = structlog.get_logger()

#: `csrf.exempt(blueprint)` is for machines that show a token of their own
csrf = CSRFProtect()

#: who speaks at these addresses reads JSON
MACHINES = ("/api/", "/intake/", "/demo/clock")
#: seconds after which it is worth trying again
RETRY_AFTER = 5

_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)
#: what a program is told in the place of a page
_TO_PROGRAMS = {
    "expired": _l(
        "Send the csrf_token of /api/v1/session as the header X-CSRFToken with everything that changes."
    ),
    "forbidden": _l("You may not do this. If your work needs it, ask the system administrator for the role."),
    "not_found": _l("There is nothing at this address."),
    "broken": _l("This did not work, and it is our fault; tell the system administrator number %(number)s."),
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def init_app(app: Flask) -> None:
    """Every answer carries the policy, every POST of a page its token, every refusal says what to do."""
    app.config.setdefault("SESSION_COOKIE_SAMESITE", "Lax")
    app.config.setdefault("SESSION_COOKIE_HTTPONLY", True)
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    csrf.init_app(app)
    app.add_template_global(csp_nonce)
    app.after_request(protect)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(InternalServerError, _broken)


def csp_nonce() -> str:
    """One fresh nonce a request."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def protect(response: Response) -> Response:
    """Add the headers; pages of a person are kept by no cache in between."""
    response.headers["Content-Security-Policy"] = _POLICY.format(nonce=csp_nonce())
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-cache, private")
        htmx.vary(response)
    return response


def refusal(name: str, status: int, **values: object) -> Refusal:
    """The error page of this name: whole, only its words where a part was asked for, or for a program."""
    if request.path.startswith("/api/"):
        words = str(_TO_PROGRAMS[name]) % values
        return jsonify(code=status, status=HTTP_STATUS_CODES[status], message=words), status
    layout = "errors/part.html" if htmx.is_partial() else "errors/page.html"
    return render_template(f"errors/{name}.html", layout=layout, **values), status


def _unavailable(outage: Outage) -> Response:
    """The machine lacks something: said without asking the database, as a page or to a machine as JSON."""
    log.error("outage", what=type(outage).__name__, method=request.method, path=request.path)
    if request.path.startswith(MACHINES):
        response = jsonify(error="Nothing was kept: the machine lacks something just now. Send it again.")
    else:
        name = "full" if isinstance(outage, DiskFull) else "unreachable"
        layout = "errors/part.html" if htmx.is_partial() else "errors/page.html"
        with force_locale(locale_of_browser()):
            page = current_app.jinja_env.get_template(f"errors/{name}.html").render(layout=layout)
        response = make_response(page)
    response.status_code = 503
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _expired(error: HTTPException) -> Refusal:
    return refusal("expired", 400)


def _forbidden(error: HTTPException) -> Refusal:
    return refusal("forbidden", 403, allowed=g.get("allowed_roles", ()))


def _not_found(error: HTTPException) -> Refusal:
    return refusal("not_found", 404)


def _broken(error: HTTPException) -> Refusal | Response:
    """The number on the page stands in the log beside what went wrong, so that support finds it."""
    cause = getattr(error, "original_exception", None) or error
    outage = outage_of(cause)
    if outage is not None:
        return _unavailable(outage)
    abandon(db.session)
    number = secrets.token_hex(3).upper()
    log.error("page_broken", number=number, method=request.method, path=request.path, exc_info=cause)
    return refusal("broken", 500, number=number)
