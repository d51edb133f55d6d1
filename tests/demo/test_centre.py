import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from demo.market.book import Book, Delivery, Submitted
from demo.market.centre import Centre, Contract
from demo.market.keys import Account, account_of, make_account, tell_password
from demo.market.ledger import Ledger
from demo.market.world import LOCAL
from handlers.channels.wire import Command, Incoming, Receipt, Status
from tests.demo.esme import Esme, connected, ids

NOW = datetime(2026, 3, 2, 9, tzinfo=LOCAL)
NUMBERS = [f"138{number:08d}" for number in range(300)]


def unhurried(parts: Sequence[Submitted], now: datetime) -> list[str]:
    return [""] * len(parts)


def account(demo: Path) -> tuple[str, str]:
    known = account_of(demo)
    return known.system_id, known.password


@contextmanager
def centre_at(
    demo: Path, haste: Callable[[Sequence[Submitted], datetime], list[str]] = unhurried, rate: float = 1e6
) -> Iterator[Centre]:
    make_account(demo)
    centre = Centre(demo, account_of(demo), haste, Contract(rate=rate))
    centre.open(0, NOW)
    try:
        yield centre
    finally:
        centre.close()


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with centre_at(tmp_path) as centre:
        yield centre


@pytest.fixture
def bound(centre: Centre, tmp_path: Path) -> Iterator[Esme]:
    with connected(centre.port) as esme:
        assert esme.bind(account(tmp_path)).status == Status.ESME_ROK
        yield esme


@contextmanager
def book_of(demo: Path) -> Iterator[Book]:
    ledger = Ledger(demo)
    yield Book(ledger)
    ledger.close()


def owe(demo: Path, *deliveries: Delivery) -> None:
    with book_of(demo) as book:
        book.deliver(deliveries)


def word(text: str, due: datetime = NOW) -> Delivery:
    return Delivery(due=int(due.timestamp()), number=NUMBERS[0], destination="10086", text=text)


def test_only_the_product_may_bind_by_its_name_and_password(centre: Centre, tmp_path: Path) -> None:
    name, password = account(tmp_path)
    with connected(centre.port) as esme:
        assert esme.bind(("somebody", password)).status == Status.ESME_RINVSYSID
        assert esme.bind((name, "wrong")).status == Status.ESME_RINVPASWD
        assert esme.submit(NUMBERS[:1])[0].status == Status.ESME_RINVBNDSTS
        assert esme.bind((name, password)).status == Status.ESME_ROK
        assert esme.bind((name, password)).status == Status.ESME_RALYBND


def test_the_password_is_made_once_and_told_where_the_product_reads_it(tmp_path: Path) -> None:
    demo, instance = tmp_path / "demo", tmp_path / "instance"
    demo.mkdir()
    make_account(demo)
    tell_password(demo, instance)
    first = (instance / "keys" / "sms_centre_password").read_text()
    assert len(first) == 8
    make_account(demo)
    tell_password(demo, instance)
    assert (instance / "keys" / "sms_centre_password").read_text() == first == account_of(demo).password


def test_what_is_answered_is_written_down(bound: Esme, tmp_path: Path) -> None:
    answers = bound.submit(NUMBERS)
    assert {pdu.status for pdu in answers} == {Status.ESME_ROK}
    assert len(set(ids(answers))) == len(NUMBERS)
    with book_of(tmp_path) as book:
        assert book.accepted_per_number("1") == dict.fromkeys(NUMBERS, 1)
        (first, *_) = book.undecided(1, 0)
        assert book.centre_id(first.keys[0]) == ids(answers)[0]


@pytest.mark.parametrize("number", ["1380000", "02912345678", "138000000001", "110"])
def test_a_number_of_the_wrong_form_is_refused_and_not_kept(bound: Esme, tmp_path: Path, number: str) -> None:
    (refused,) = bound.submit([number])
    assert refused.status == Status.ESME_RINVDSTADR
    with book_of(tmp_path) as book:
        assert book.accepted_per_number("1") == {}


def test_parts_are_put_together_and_one_without_the_rest_waits(bound: Esme, tmp_path: Path) -> None:
    text = "好歌不断线：" * 20
    answers = bound.submit(NUMBERS[:2], text=text)
    assert len(answers) == 4
    with book_of(tmp_path) as book:
        whole = book.undecided(10, 0)
        assert [(message.number, message.text) for message in whole] == [(n, text) for n in NUMBERS[:2]]
        assert [len(message.keys) for message in whole] == [2, 2]
        assert book.accepted_per_number("1") == dict.fromkeys(NUMBERS[:2], 1)
        half = Submitted(service="2", number=NUMBERS[3], sender="10086", text="好歌", wants_receipt=True,
                         reference=9, total=2, place=2)  # fmt: skip
        book.accept([half], NOW, [""])
        assert NUMBERS[3] not in {message.number for message in book.undecided(10, 0)}
        later = int((NOW + timedelta(hours=2)).timestamp())
        (given_up,) = [m for m in book.undecided(10, later) if m.number == NUMBERS[3]]
        assert not given_up.is_whole


def test_more_than_the_contract_allows_is_put_off(tmp_path: Path) -> None:
    with centre_at(tmp_path, rate=100) as centre, connected(centre.port) as esme:
        esme.bind(account(tmp_path))
        answers = esme.submit(NUMBERS)
    states = [pdu.status for pdu in answers]
    assert set(states) == {Status.ESME_ROK, Status.ESME_RTHROTTLED}
    assert 25 <= states.count(Status.ESME_ROK) < 100
    with book_of(tmp_path) as book:
        assert len(book.accepted_per_number("1")) == states.count(Status.ESME_ROK)


def test_the_line_is_alive_and_what_is_unknown_is_said_to_be(bound: Esme) -> None:
    assert bound.ask(Command.ENQUIRE_LINK).command == Command.ENQUIRE_LINK_RESP
    nack = bound.ask(0x0000_0103)
    assert (nack.command, nack.status) == (Command.GENERIC_NACK, Status.ESME_RINVCMDID)
    assert bound.ask(Command.UNBIND).status == Status.ESME_ROK
    assert bound.is_cut


def test_what_is_not_smpp_ends_the_connection_and_nobody_elses(centre: Centre, bound: Esme) -> None:
    with connected(centre.port) as other:
        other.line.sendall(b"GET / HTTP/1.1\r\nHost: centre\r\n\r\n")
        assert other.is_cut
    assert bound.ask(Command.ENQUIRE_LINK).status == Status.ESME_ROK


def test_nothing_is_brought_before_its_time(centre: Centre, bound: Esme, tmp_path: Path) -> None:
    owe(tmp_path, word("TD", NOW + timedelta(hours=1)), word("KTCL"))
    centre.tell(NOW)
    assert bound.wait_for(1) == [Incoming(number=NUMBERS[0], text="KTCL", destination="10086")]
    centre.tell(NOW + timedelta(hours=1))
    assert [said.text for said in bound.wait_for(2)] == ["KTCL", "TD"]


def test_what_is_accepted_while_the_clock_moves_is_accepted_later_and_brings_nothing(
    centre: Centre, bound: Esme, tmp_path: Path
) -> None:
    later = NOW + timedelta(hours=1)
    owe(tmp_path, word("TD", later))
    centre.expect(later)
    bound.submit(NUMBERS[:1])
    assert bound.deliveries == []
    with book_of(tmp_path) as book:
        assert [message.at for message in book.undecided(1, 0)] == [later.timestamp()]
    centre.tell(later)
    bound.wait_for(1)


def test_a_receipt_tells_the_id_the_state_and_the_moment(centre: Centre, bound: Esme, tmp_path: Path) -> None:
    receipt = Delivery(due=int(NOW.timestamp()), number=NUMBERS[0], destination="10086", centre_id="abc9",
                       status="EXPIRED")  # fmt: skip
    owe(tmp_path, receipt)
    centre.tell(NOW)
    (found,) = bound.wait_for(1)
    assert isinstance(found, Receipt)
    assert (found.centre_id, found.status, found.at, found.number) == ("abc9", "EXPIRED", NOW, NUMBERS[0])


def test_chinese_words_arrive_as_they_were_written(centre: Centre, bound: Esme, tmp_path: Path) -> None:
    owe(tmp_path, word("是"), word("退订"))
    centre.tell(NOW)
    assert [said.text for said in bound.wait_for(2)] == ["是", "退订"]


def test_what_was_not_answered_is_brought_again_to_the_next_line(centre: Centre, tmp_path: Path) -> None:
    owe(tmp_path, word("TD"))
    with connected(centre.port) as silent:
        silent.says = lambda delivery: None
        silent.bind(account(tmp_path))
        centre.tell(NOW)
        silent.wait_for(1)
        assert len(silent.deliveries) == 1
    with connected(centre.port) as next_one:
        next_one.bind(account(tmp_path))
        assert [said.text for said in next_one.wait_for(1)] == ["TD"]
        assert next_one.ask(Command.ENQUIRE_LINK).status == Status.ESME_ROK
    with book_of(tmp_path) as book:
        assert book.owes(NOW) == 0


def test_what_the_product_cannot_take_now_is_brought_again(
    centre: Centre, bound: Esme, tmp_path: Path
) -> None:
    answers = iter([Status.ESME_RX_T_APPN, Status.ESME_ROK])
    bound.says = lambda delivery: next(answers)
    owe(tmp_path, word("TD"))
    centre.tell(NOW)
    assert [said.text for said in bound.wait_for(2)] == ["TD", "TD"]


def test_a_transmitter_is_brought_nothing(centre: Centre, tmp_path: Path) -> None:
    with connected(centre.port) as sender, connected(centre.port) as receiver:
        sender.bind(account(tmp_path), Command.BIND_TRANSMITTER)
        receiver.bind(account(tmp_path), Command.BIND_RECEIVER)
        assert receiver.submit(NUMBERS[:1])[0].status == Status.ESME_RINVBNDSTS
        assert sender.submit(NUMBERS[:1])[0].status == Status.ESME_ROK
        owe(tmp_path, word("TD"))
        centre.tell(NOW)
        receiver.wait_for(1)
        sender.ask(Command.ENQUIRE_LINK)
        assert sender.deliveries == []


def test_many_deliveries_go_over_several_lines_each_once(centre: Centre, tmp_path: Path) -> None:
    with ExitStack() as open_lines:
        lines = [open_lines.enter_context(connected(centre.port)) for _ in range(3)]
        for line in lines:
            line.bind(account(tmp_path))
        owe(tmp_path, *(word(f"T{number}") for number in range(150)))
        centre.tell(NOW)
        threads = [threading.Thread(target=line.wait_for, args=(50,)) for line in lines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        said = [delivery.text for line in lines for delivery in line.deliveries]
    assert sorted(said) == sorted(f"T{number}" for number in range(150))


def test_a_hasty_receipt_comes_before_the_answer(tmp_path: Path) -> None:
    def hasty(parts: Sequence[Submitted], now: datetime) -> list[str]:
        return ["DELIVRD" if part.number == NUMBERS[1] else "" for part in parts]

    with centre_at(tmp_path, hasty) as centre, connected(centre.port) as esme:
        esme.bind(account(tmp_path))
        answers = esme.submit(NUMBERS[:3])
        places = [esme.heard.index(pdu) for pdu in answers]
        (delivered,) = [n for n, pdu in enumerate(esme.heard) if pdu.command == Command.DELIVER_SM]
        assert places[0] < delivered < places[1]
        (receipt,) = esme.deliveries
        assert isinstance(receipt, Receipt)
        assert (receipt.centre_id, receipt.status) == (ids(answers)[1], "DELIVRD")
        esme.ask(Command.ENQUIRE_LINK)
        with book_of(tmp_path) as book:
            assert [len(message.unreceipted) for message in book.undecided(3, 0)] == [1, 0, 1]
            assert book.owes(NOW) == 0


def test_a_centre_begun_again_keeps_what_it_accepted_and_gives_other_ids(tmp_path: Path) -> None:
    given: list[str] = []
    for part in (NUMBERS[:100], NUMBERS[100:200]):
        with centre_at(tmp_path) as centre, connected(centre.port) as esme:
            esme.bind(account(tmp_path))
            given += ids(esme.submit(part))
    assert len(set(given)) == 200
    with book_of(tmp_path) as book:
        assert book.accepted_per_number("1") == dict.fromkeys(NUMBERS[:200], 1)
        assert book.doubles() == []


def test_a_ledger_begun_anew_gives_ids_of_its_own(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    given = []
    for folder in folders:
        folder.mkdir()
        with book_of(folder) as book:
            given.append(book.centre_id(1))
    assert given[0] != given[1]


def test_who_was_sent_the_same_twice_is_noted(bound: Esme, tmp_path: Path) -> None:
    bound.submit(NUMBERS[:5])
    bound.submit(NUMBERS[3:5])
    bound.submit(NUMBERS[:5], service="2")
    with book_of(tmp_path) as book:
        assert book.accepted_per_number("1") == {
            **dict.fromkeys(NUMBERS[:3], 1),
            **dict.fromkeys(NUMBERS[3:5], 2),
        }
        assert book.doubles() == [("1", NUMBERS[3], 2), ("1", NUMBERS[4], 2)]


def test_every_connection_can_be_cut_at_once(centre: Centre, bound: Esme, tmp_path: Path) -> None:
    bound.submit(NUMBERS[:1])
    centre.hang_up()
    assert bound.is_cut
    with connected(centre.port) as again:
        assert again.bind(account(tmp_path)).status == Status.ESME_ROK


def test_a_port_that_is_taken_is_told(centre: Centre, tmp_path: Path) -> None:
    other = Centre(tmp_path, Account(system_id="x", password="y"), unhurried)
    with pytest.raises(OSError, match="address already in use"):
        other.open(centre.port, NOW)
