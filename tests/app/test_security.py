"""The headers of every answer, the token of every POST, and the pages of refusals."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from structlog.testing import capture_logs

from app.assets import asset_tags, read_manifest
from tests.app.tiny import TEST_PAGES, enter, opened, tiny_app

PART = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#list"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with opened(TEST_PAGES):
        yield tiny_app(tmp_path_factory.mktemp("tiny"), WTF_CSRF_ENABLED=False)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with opened(TEST_PAGES):
        yield tiny_app(tmp_path_factory.mktemp("guarded"))


@pytest.mark.parametrize("address", ["/sign-in", "/inbox", "/nowhere", "/forgotten"])
def test_every_answer_carries_the_policy(app: Flask, address: str) -> None:
    policy = app.test_client().get(address).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_nonce_is_used_once(app: Flask) -> None:
    client = app.test_client()
    policies = {client.get("/sign-in").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_the_script_of_a_page_carries_the_nonce_of_its_policy() -> None:
    manifest = {"src/base.ts": {"file": "assets/base-1.js", "css": ["assets/base-1.css"]}}
    tags = asset_tags(manifest, "abc")
    assert 'nonce="abc" src="/static/dist/assets/base-1.js"' in tags
    assert '<link rel="stylesheet" href="/static/dist/assets/base-1.css">' in tags


def test_pages_work_before_the_front_end_is_built(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) == {}
    assert asset_tags({}, "abc") == ""


@pytest.mark.parametrize("folder", sorted(Path("app/templates").rglob("*.html")), ids=str)
def test_no_template_holds_what_the_policy_refuses(folder: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", folder.read_text(encoding="utf-8"), flags=re.S)
    assert not re.search(
        r"""<[^>]*\sstyle=|\son\w+=["']|javascript:|hx-on|<style|<script(?![^>]*nonce)""", source
    )


def test_pages_of_a_person_are_kept_by_no_cache_between(app: Flask) -> None:
    client = app.test_client()
    enter(client, "yefang")
    answer = client.get("/inbox")
    assert "private" in answer.headers["Cache-Control"]
    assert "HX-Request" in answer.headers["Vary"]


def test_a_post_without_the_token_changes_nothing_and_says_what_to_do(guarded: Flask) -> None:
    answer = enter(guarded.test_client(), "yefang")
    assert answer.status_code == 400
    assert "页面打开太久" in answer.text


def test_a_post_with_the_token_in_a_header_passes(guarded: Flask) -> None:
    client = guarded.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token
    assert enter(client, "yefang", csrf_token=token[1]).status_code == 303
    page = client.get("/inbox").text
    header = re.search(r'"X-CSRFToken": "([^"]+)"', page)
    assert header
    assert client.post("/inbox/act").status_code == 400
    assert client.post("/inbox/act", headers={"X-CSRFToken": header[1]}).text == "done"


def test_refusals_are_whole_pages_or_parts_as_asked(app: Flask) -> None:
    client = app.test_client()
    enter(client, "gaoyang")
    whole, part = client.get("/campaigns"), client.get("/campaigns", headers=PART)
    assert whole.status_code == part.status_code == 403
    assert whole.text.startswith("<!doctype html>")
    assert "<html" not in part.text
    assert "策划人" in part.text


def test_refusals_speak_the_readers_language(app: Flask) -> None:
    client = app.test_client()
    assert "这个地址没有内容" in client.get("/nowhere").text
    english = client.get("/nowhere", headers={"Accept-Language": "en-GB"}).text
    assert "There is nothing at this address." in english


def test_a_fault_gives_a_number_and_no_secret(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = app.test_client()
    enter(client, "yefang")
    with capture_logs() as lines:
        answer = client.get("/broken")
    assert answer.status_code == 500
    number = re.search(r"[0-9A-F]{6}", answer.text)
    assert number is not None
    told = next(line for line in lines if line["event"] == "page_broken")
    assert (told["number"], told["path"]) == (number.group(), "/broken")
    assert isinstance(told["exc_info"], ZeroDivisionError)
    assert "ZeroDivision" not in answer.text


def test_the_frame_shows_the_day_of_the_data_and_the_clock(app: Flask) -> None:
    client = app.test_client()
    enter(client, "yefang")
    page = client.get("/inbox").text
    assert "数据日期 3月1日" in page
    assert "3月2日 星期一 10:42" in page
    assert "学林县公司" in page
    assert "明天" not in page
