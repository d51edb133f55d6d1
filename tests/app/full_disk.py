"""A process of its own whose files may not grow: it opens a page, then sends a form that writes."""

import json
import resource
import sys
from pathlib import Path

from app.engine import outage_of
from tests.app.tiny import TEST_PAGES, enter, opened, tiny_app


def main(folder: Path) -> None:
    """Say what the page, the form and a file of our own came to."""
    with opened(TEST_PAGES):
        app = tiny_app(folder, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    client = app.test_client()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    page = client.get("/sign-in")
    refused = enter(client, "yefang", "the wrong word")
    try:
        (folder / "list").write_text("much")
        told = ""
    except OSError as problem:
        told = type(outage_of(problem)).__name__
    said = {"page": page.status_code, "form": refused.status_code, "text": refused.text, "file": told}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
