"""A person of the demo at a browser: signs in, opens pages, fills forms, as anybody would, over HTTP."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any

#: seconds to wait for one answer
PATIENCE = 60
Field = tuple[str, str]


class Refused(Exception):
    """The product said no; the text of the page is kept."""

    def __init__(self, status: int, url: str, text: str) -> None:
        super().__init__(f"{status} at {url}: {_told(text)}")
        self.status, self.url, self.text = status, url, text


class Page:
    """An answer: where it came from, its forms and its words."""

    def __init__(self, url: str, text: str) -> None:
        self.url, self.text = url, text
        reader = _Forms()
        reader.feed(text)
        self.forms = reader.forms
        self.links = reader.links

    def form(self, ending: str) -> "Form":
        """The first form whose address ends like this."""
        for form in self.forms:
            if urllib.parse.urlsplit(form.action).path.endswith(ending):
                return form
        raise LookupError(f"no form {ending} at {self.url}: {[f.action for f in self.forms]}")


class Form:
    """A form as the page offers it, with what is filled in already."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: list[Field] = []

    def filled(self, changes: Mapping[str, str | Iterable[str]]) -> list[Field]:
        """The fields with some replaced, the rest as the page had them."""
        kept = [(name, value) for name, value in self.fields if name not in changes]
        for name, value in changes.items():
            values = [value] if isinstance(value, str) else list(value)
            kept += [(name, one) for one in values]
        return kept


class Visitor:
    """One signed-in person with cookies of their own."""

    def __init__(self, base: str, login: str, password: str) -> None:
        self.base, self.login = base.rstrip("/"), login
        self._token = ""
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = self.get("/sign-in")
        self.submit(page.form("/sign-in"), {"login": login, "password": password})

    def get(self, path: str) -> Page:
        """Open a page."""
        return self._ask(urllib.request.Request(self._url(path)))  # noqa: S310 - loopback only

    def json(self, path: str) -> Any:
        """Read an address of the API."""
        return json.loads(self.get(path).text)

    def post(self, path: str, body: Any) -> Any:
        """Change something through the API; what it answers."""
        if not self._token:
            self._token = str(self.json("/api/v1/session")["csrf_token"])
        content = json.dumps(body).encode()
        request = urllib.request.Request(self._url(path), data=content)  # noqa: S310 - loopback only
        request.add_header("Content-Type", "application/json")
        request.add_header("X-CSRFToken", self._token)
        request.add_header("Referer", self.base + "/")
        return json.loads(self._ask(request).text)

    def submit(self, form: Form, changes: Mapping[str, str | Iterable[str]]) -> Page:
        """Send a form with these fields changed."""
        body = urllib.parse.urlencode(form.filled(changes)).encode()
        request = urllib.request.Request(self._url(form.action), data=body)  # noqa: S310 - loopback only
        request.add_header("Referer", self.base + "/")
        return self._ask(request)

    def _url(self, path: str) -> str:
        return path if path.startswith("http") else self.base + path

    def _ask(self, request: urllib.request.Request) -> Page:
        try:
            with self._open.open(request, timeout=PATIENCE) as answer:
                return Page(answer.url, answer.read().decode("utf-8", "replace"))
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode("utf-8", "replace")
            raise Refused(error.code, request.full_url, text) from None


class _Forms(HTMLParser):
    """Finds the forms of a page, their fields and values, and the links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._area: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where forms, fields and links begin."""
        has = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        if tag == "form":
            self._form = Form(has.get("action", ""))
            self.forms.append(self._form)
        if self._form is not None:
            self._field(tag, has)

    def _field(self, tag: str, has: Mapping[str, str]) -> None:
        name = has.get("name", "")
        if tag == "input" and name and has.get("type") not in ("submit", "button"):
            if has.get("type") not in ("checkbox", "radio") or "checked" in has:
                self._add(name, has.get("value", "on" if has.get("type") == "checkbox" else ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in has:
            self._add(self._select, has.get("value", ""))
        elif tag == "textarea":
            self._area, self._text = name, []

    def handle_data(self, data: str) -> None:
        """Collect what stands in a text area."""
        if self._area is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Close what has ended."""
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area is not None:
            self._add(self._area, "".join(self._text).removeprefix("\n"))
            self._area = None

    def _add(self, name: str, value: str) -> None:
        if self._form is not None and name:
            self._form.fields.append((name, value))


def wait_until(what: str, ready: Any, seconds: float = 120.0, pause: float = 0.1) -> Any:
    """Ask until the answer is true; the first true answer. Raises TimeoutError naming what was waited for."""
    end = time.monotonic() + seconds
    while True:
        found = ready()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(pause)


class _Words(HTMLParser):
    """The words of a page, without its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.words.append(data)


def _told(text: str) -> str:
    """The words of an error page, cut to what fits a message."""
    reader = _Words()
    reader.feed(text)
    return " ".join(" ".join(reader.words).split())[:600]
