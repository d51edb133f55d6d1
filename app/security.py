"""What keeps a page from doing what we did not write: policy, headers, CSRF, pages for refusals."""

import secrets

import structlog
from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_babel import force_locale
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, NotFound

from app import htmx
from app.engine.outages import DiskFull, Outage, outage_of
from app.locale import locale_of_browser

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


def refusal(name: str, status: int, **values: object) -> tuple[str, int]:
    """The error page of this name: whole, or only its words where a part of a page was asked for."""
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


def _expired(error: HTTPException) -> tuple[str, int]:
    return refusal("expired", 400)


def _forbidden(error: HTTPException) -> tuple[str, int]:
    return refusal("forbidden", 403, allowed=g.get("allowed_roles", ()))


def _not_found(error: HTTPException) -> tuple[str, int]:
    return refusal("not_found", 404)


def _broken(error: HTTPException) -> tuple[str, int] | Response:
    """The number on the page stands in the log beside what went wrong, so that support finds it."""
    cause = getattr(error, "original_exception", None) or error
    outage = outage_of(cause)
    if outage is not None:
        return _unavailable(outage)
    number = secrets.token_hex(3).upper()
    log.error("page_broken", number=number, method=request.method, path=request.path, exc_info=cause)
    return refusal("broken", 500, number=number)
