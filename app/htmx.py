"""What htmx asks for and how it is answered: part of a page, or the whole; and where to go back to."""

from urllib.parse import urlsplit

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse


def is_partial() -> bool:
    """True where htmx will swap the answer into a part of the page."""
    return request.headers.get("HX-Request-Type") == "partial"


def target() -> str:
    """The id of the element the answer goes into; empty for a whole page."""
    return request.headers.get("HX-Target", "").partition("#")[2]


def wants(element_id: str) -> bool:
    """True where just this part of the page is asked for."""
    return is_partial() and target() == element_id


def go(url: str) -> BaseResponse:
    """Send the browser on to another page, whether htmx or the browser asked."""
    if request.headers.get("HX-Request") == "true":
        response: Response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url, 303)


def vary(response: Response) -> Response:
    """The same address answers whole and in part, so caches must keep them apart."""
    response.vary.update(("HX-Request", "HX-Request-Type", "HX-Target"))
    return response


def local_address(address: str | None, otherwise: str = "/") -> str:
    """Only an address of this site is gone to; anything else leads elsewhere."""
    if not address or not address.startswith("/") or address.startswith("//"):
        return otherwise
    if "\\" in address or any(ord(letter) < 32 for letter in address):
        return otherwise
    return address.rstrip("?")


def came_from(otherwise: str) -> str:
    """The page a POST was sent from: its field `back`, else the page the browser names."""
    if request.form.get("back"):
        return local_address(request.form["back"], otherwise)
    page = urlsplit(request.referrer or "")
    if page.netloc != request.host:
        return otherwise
    return local_address(page.path + (f"?{page.query}" if page.query else ""), otherwise)
