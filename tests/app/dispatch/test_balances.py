"""The tab of the reconciliation: what does not balance first, in words, with its to-do; sight by office."""

from datetime import date, timedelta

from models.base import db
from models.feedback import FEEDS, FeedbackFile
from models.process import Process, ToDo
from tests.app.dispatch import world as make
from tests.app.dispatch.world import NOW, World


def file(name: str, **fields: object) -> FeedbackFile:
    values = {"feed": "order", "digest": "", "day": make.SUNDAY, "promised": 40, "received_at": NOW}
    row = FeedbackFile(name=name, **values | fields)
    db.session.add(row)
    db.session.commit()
    return row


def rows_of(page: str) -> list[str]:
    return page.split("<tbody")[1].split("<tr>")[1:]


def test_what_does_not_balance_comes_first_then_the_latest_day(world: World) -> None:
    campaign = make.campaign()
    make.line("work_order", make.order(campaign, planned=1).id, day=date(2026, 2, 20))
    make.line("work_order", make.order(campaign, planned=1).id, day=date(2026, 2, 27))
    make.line("work_order", make.order(campaign, planned=1).id, day=date(2026, 2, 10), unknown=6)
    found = rows_of(world.look("huangzhiyong", "/dispatch/balance"))
    assert [row.split("RW-00-2026-")[1][:4] for row in found] == ["0003", "0002", "0001"]


def test_each_line_says_in_words_what_differs(world: World) -> None:
    make.line("work_order", make.order(make.campaign(), planned=1).id, unknown=6, no_receipt=70)
    make.line("file", file("orders-20260301-1.csv", state="refused").id, file_refused=1)
    make.line("feed", FEEDS.index("order") + 1, missing_file=1)
    page = world.look("huangzhiyong", "/dispatch/balance")
    for told in (
        "messages of unknown fate 6; accepted, no receipt after two days 70",
        "the file was refused",
        "the file of the day did not come",
        "orders-20260301-1.csv",
    ):
        assert told in page, told


def test_it_can_be_narrowed_to_orders_files_or_days(world: World) -> None:
    make.line("work_order", make.order(make.campaign(), planned=1).id)
    make.line("file", file("orders-20260301-1.csv", repeated=7, again=2).id)
    make.line("feed", 1, nobodys=3)
    pages = {kind: world.look("huangzhiyong", f"/dispatch/balance?kind={kind}") for kind in ("file", "feed")}
    assert len(rows_of(pages["file"])) == len(rows_of(pages["feed"])) == 1
    assert "7 known already" in pages["file"]
    assert "came 2 more times" in pages["file"]
    assert "Receipts" in pages["feed"]


def test_an_open_line_leads_to_its_to_do_and_a_closed_one_to_its_trail(world: World) -> None:
    campaign = make.campaign()
    lines = [make.line("work_order", make.order(campaign, planned=1).id, unknown=1) for _ in range(2)]
    for line, state in zip(lines, ("open", "done"), strict=True):
        process = Process(
            version_id=campaign.process.version_id, subject_type="balance", subject_id=line.id,
            started_at=NOW, started_by="system",
        )  # fmt: skip
        db.session.add(process)
        db.session.flush()
        line.process_id = process.id
        db.session.add(
            ToDo(
                process_id=process.id,
                token="t",
                element="explain_difference",
                path="-",
                name="x",
                name_en="x",
                form="",
                properties={},
                variables={},
                subject_type="balance",
                subject_id=line.id,
                created_at=NOW - timedelta(days=1),
                state=state,
            )
        )
    db.session.commit()
    page = world.look("huangzhiyong", "/dispatch/balance")
    (to_do,) = db.session.query(ToDo).filter_by(state="open")
    assert f"/to-dos/{to_do.id}" in page
    assert f"/trail/{lines[1].process_id}" in page


def test_how_many_do_not_balance_stands_beside_the_tab(world: World) -> None:
    campaign = make.campaign()
    for unknown in (0, 3, 4):
        make.line(
            "work_order", make.order(campaign, planned=1).id, **({"unknown": unknown} if unknown else {})
        )
    assert 'Reconciliation<span class="cnt">2</span>' in world.look("huangzhiyong", "/dispatch")


def test_files_are_the_provinces_and_orders_their_offices(world: World) -> None:
    make.line("work_order", make.order(make.campaign("yefang"), planned=1).id, unknown=1)
    make.line("work_order", make.order(make.campaign("zhoulan"), planned=1).id, unknown=1)
    make.line("file", file("orders-20260301-1.csv").id)
    assert len(rows_of(world.look("zhoulan", "/dispatch/balance"))) == 3
    county = world.look("yefang", "/dispatch/balance")
    assert ("RW-00-2026-0001" in county, "RW-00-2026-0002" in county, "orders-" in county) == (
        True,
        False,
        False,
    )
    assert "Nothing to reconcile yet." in world.look("caimin", "/dispatch/balance")
