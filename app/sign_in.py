"""Coming in, going out and choosing a language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Blueprint, Response, current_app, redirect, render_template, request, session
from flask_babel import gettext as _
from flask_login import login_user, logout_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app.access import SignedIn, signed_in
from app.htmx import local_address
from app.locale import COOKIE, LOCALES, now, translate
from models.base import Problem, db
from models.organisation import Staff

#: wrong passwords in a row that lock an account, and for how long
TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
#: tells an ended session from a first visit
BEEN_HERE = "been_here"
YEAR = 365 * 24 * 3600

bp = Blueprint("sign_in", __name__)
_hasher = PasswordHasher()


class WrongPassword(Problem):
    """Staff number or password is wrong; which one is not said."""

    message = (
        "Staff number or password is wrong. Check both; "
        "after five wrong passwords the account is locked for 15 minutes."
    )


class AccountLocked(Problem):
    """Too many wrong passwords."""

    message = (
        "This account is locked until %(until)s after five wrong passwords. "
        "Try again then, or ask the system administrator."
    )


@dataclass(frozen=True, kw_only=True)
class DemoAccount:
    """An account the sign-in page of the demo offers."""

    staff: Staff
    password: str


def hash_password(password: str) -> str:
    """The argon2 hash to keep in `staff.password_hash`."""
    return _hasher.hash(password)


#: stands in where nobody has the login, so that both refusals take the same time
_NOBODY = _hasher.hash("nobody has this password")


def authenticate(login: str, password: str, moment: datetime) -> Staff:
    """The person of this login and password; raises WrongPassword or AccountLocked, and counts wrong ones."""
    found = db.session.scalar(select(Staff).where(Staff.login == login))
    number = found.id if found is not None and found.is_active else None
    kept = found.password_hash if found is not None and number is not None else _NOBODY
    db.session.rollback()  # the slow check below must not hold a transaction open
    right = _matches(kept, password)
    staff = None if number is None else db.session.get(Staff, number, with_for_update=True)
    if staff is None:
        raise WrongPassword()
    if staff.locked_until is not None and staff.locked_until > moment:
        raise AccountLocked(until=staff.locked_until)
    _count(staff, right, moment)
    db.session.commit()
    if not right:
        raise WrongPassword()
    return staff


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _count(staff: Staff, right: bool, moment: datetime) -> None:
    staff.locked_until = None
    staff.failed_sign_ins = 0 if right else staff.failed_sign_ins + 1
    if staff.failed_sign_ins >= TRIES:
        staff.failed_sign_ins = 0
        staff.locked_until = moment + LOCKED_FOR


@bp.route("/sign-in", methods=["GET", "POST"])
def enter() -> BaseResponse | tuple[str, int] | str:
    """The sign-in page; after the right password on to where the person wanted to go."""
    if request.method == "GET":
        if signed_in() is not None:
            return redirect(local_address(request.args.get("back")), 303)
        ended = BEEN_HERE in request.cookies
        return _page(message=_("Your session has ended. Sign in to go on where you were.") if ended else "")
    login = request.form.get("login", "").strip()
    try:
        staff = authenticate(login, request.form.get("password", ""), now())
    except (WrongPassword, AccountLocked) as problem:
        return _page(error=translate(problem), login=login), 422
    session.permanent = True
    login_user(SignedIn(staff))
    response = redirect(local_address(request.form.get("back")), 303)
    _remember(response, BEEN_HERE, "1")
    return response


@bp.post("/sign-out")
def leave() -> BaseResponse:
    """End the session; what was saved stays."""
    logout_user()
    response = redirect("/sign-in", 303)
    response.delete_cookie(BEEN_HERE)
    return response


@bp.post("/language")
def choose_language() -> BaseResponse:
    """Keep the chosen language in the cookie, and with the person who has signed in."""
    chosen = request.form.get("language", "")
    response = redirect(local_address(request.form.get("back")), 303)
    if chosen in LOCALES:
        _remember(response, COOKIE, chosen)
        staff = signed_in()
        if staff is not None:
            staff.locale = chosen
            db.session.commit()
    return response


def _page(message: str = "", error: str = "", login: str = "") -> str:
    accounts: Callable[[], Sequence[DemoAccount]] = current_app.extensions.get("demo_accounts", tuple)
    return render_template(
        "sign_in.html",
        message=message,
        error=error,
        login=login,
        back=local_address(request.values.get("back")),
        accounts=accounts() if current_app.config.get("DEMO") else (),
    )


def _remember(response: BaseResponse | Response, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config.get("SESSION_COOKIE_SECURE")),
    )
