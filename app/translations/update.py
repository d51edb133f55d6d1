"""`python -m app.translations.update`: refresh the .po from the code and list what is not translated."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from app.locale import CATALOGUES, compile_catalogues
from app.translations.extract import collect

#: a header needs a date; a fixed one, so that an update without news changes nothing
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
ZH = CATALOGUES / "zh" / "LC_MESSAGES" / "messages.po"


def read(path: Path = ZH) -> Catalog:
    """The catalogue as it is; an empty one where there is none yet."""
    if not path.exists():
        return Catalog(locale="zh")
    with path.open("rb") as lines:
        return read_po(lines, locale="zh")


def merged(collected: Catalog, translated: Catalog) -> Catalog:
    """Every collected msgid with its translation; none is guessed from a similar one, none is kept unused."""
    catalog = Catalog(
        locale="zh",
        project="Bihuan",
        version="1",
        header_comment="# What a person reads, in Chinese; kept by `python -m app.translations.update`.",
        creation_date=WRITTEN,
        revision_date=WRITTEN,
        msgid_bugs_address="-",
        last_translator="Bihuan",
        language_team="Bihuan",
        charset="utf-8",
        fuzzy=False,
    )
    for message in collected:
        if not message.id:
            continue
        known = translated.get(_key(message), message.context)
        string = known.string if known is not None else ""
        catalog.add(message.id, string, context=message.context)
    return catalog


def missing(catalog: Catalog) -> list[str]:
    """The msgids without a translation, or with one marked as doubtful."""
    return [
        _key(message)
        for message in catalog
        if message.id and (message.fuzzy or not _is_written(message.string))
    ]


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_written(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(string) if isinstance(string, str) else bool(string and all(string))


def write(catalog: Catalog, path: Path = ZH) -> None:
    """Without dates and line numbers, so that only real changes show; in one stroke."""
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with fresh.open("wb") as out:
        write_po(out, catalog, omit_header=False, no_location=True, width=110)
    fresh.replace(path)


def main() -> int:
    """Update and compile; 1 where something is not translated yet."""
    catalog = merged(collect(), read())
    write(catalog)
    compile_catalogues()
    open_ones = missing(catalog)
    for msgid in open_ones:
        sys.stdout.write(f"missing: {msgid}\n")
    sys.stdout.write(f"{len(catalog) - len(open_ones)} translated, {len(open_ones)} missing\n")
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
