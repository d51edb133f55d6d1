"""What the front-end build made, found by its manifest and served compressed and for ever."""

import json
import logging
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from flask import Flask
from markupsafe import Markup
from whitenoise import WhiteNoise

STATIC = Path(__file__).parent / "static"
DIST = STATIC / "dist"
_ENTRY = "src/base.ts"

log = logging.getLogger(__name__)


def init_app(app: Flask, dist: Path = DIST) -> None:
    """Pages reach the built files by `assets()`; without a build they work unstyled, and the log says so."""
    manifest = read_manifest(dist)
    if not manifest:
        log.warning("The front end is not built, pages have no style: run `make setup`.")
    app.extensions["assets"] = manifest
    app.add_template_global(lambda nonce: asset_tags(manifest, nonce), "assets")
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=STATIC,
        prefix="static/",
        max_age=3600,
        autorefresh=app.debug,
        immutable_file_test=r"^/static/dist/assets/",
        add_headers_function=_add_headers,
    )


def read_manifest(dist: Path) -> dict[str, Any]:
    """The manifest of the build; empty when nothing was built yet."""
    file = dist / "manifest.json"
    if not file.exists():
        return {}
    manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return manifest


def asset_tags(manifest: dict[str, Any], nonce: str) -> Markup:
    """Style sheets and script of the one entry every page loads."""
    if not manifest:
        return Markup("")
    entry = manifest[_ENTRY]
    style = Markup('<link rel="stylesheet" href="/static/dist/{}">')
    script = Markup('<script type="module" nonce="{}" src="/static/dist/{}"></script>')
    tags = [style.format(sheet) for sheet in entry.get("css", ())]
    return Markup("\n").join([*tags, script.format(nonce, entry["file"])])


def _add_headers(headers: Headers, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
