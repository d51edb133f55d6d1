"""What a source of customer data must deliver: files, columns and types, the same for every operator."""

from dataclasses import dataclass

#: customers.parquet: name -> type in DuckDB's words
CUSTOMERS = {
    "customer_id": "VARCHAR", "number": "VARCHAR", "pref": "VARCHAR", "county": "VARCHAR",
    "age": "SMALLINT", "sex": "VARCHAR", "brand": "VARCHAR", "tenure_m": "SMALLINT",
    "arpu_fen": "INTEGER", "mou_s": "INTEGER", "dou_kb": "INTEGER", "id_region": "VARCHAR",
    "crbt_state": "VARCHAR", "tone_dl_6m": "SMALLINT",
    "v_crbt": "BOOLEAN", "v_mms": "BOOLEAN", "v_wap": "BOOLEAN", "v_mnews": "BOOLEAN",
    "v_fetion": "BOOLEAN", "v_musicclub": "BOOLEAN", "v_callalert": "BOOLEAN", "mms_pack": "BOOLEAN",
    "campus": "BOOLEAN", "term_age_m": "SMALLINT", "term_changes_36m": "SMALLINT",
    "is_custom_term": "BOOLEAN", "complaints_12m": "SMALLINT",
    "paying": "VARCHAR", "price_attitude": "VARCHAR", "fashion": "VARCHAR", "learning": "VARCHAR",
    "black_list": "BOOLEAN", "grey_list": "BOOLEAN", "complaint_sensitive": "BOOLEAN", "vip": "BOOLEAN",
    "dnd_sms": "BOOLEAN", "dnd_call": "BOOLEAN", "out_of_use": "BOOLEAN",
}  # fmt: skip
EVENTS = {"customer_id": "VARCHAR", "product": "VARCHAR", "event": "VARCHAR", "day": "DATE"}
CONTACTS = {"customer_id": "VARCHAR", "channel": "VARCHAR", "product": "VARCHAR", "day": "DATE"}

#: kept in the registry only; a generation holds neither
IDENTITY = ("customer_id", "number")
#: a blank here could let a message go to somebody who must not get one
NEVER_BLANK = (
    "black_list", "grey_list", "complaint_sensitive", "dnd_sms", "dnd_call", "out_of_use",
)  # fmt: skip
EVENT_KINDS = ("trial", "order", "unsubscribe", "batch_unsubscribe", "complaint")

INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
#: agreed type -> types a source may deliver it in; fractions are never among them
ACCEPTED = {
    "VARCHAR": {"VARCHAR"},
    "SMALLINT": INTEGERS,
    "INTEGER": INTEGERS,
    "BOOLEAN": {"BOOLEAN"},
    "DATE": {"DATE"},
}


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file of a source: where, what columns, which of them must be filled."""

    name: str
    view: str
    columns: dict[str, str]
    filled: tuple[str, ...]


SOURCE = (
    SourceFile(
        name="customers.parquet", view="source_customers", columns=CUSTOMERS, filled=(*IDENTITY, *NEVER_BLANK)
    ),
    SourceFile(name="events.parquet", view="source_events", columns=EVENTS, filled=tuple(EVENTS)),
    SourceFile(
        name="contact_history.parquet", view="source_contacts", columns=CONTACTS, filled=tuple(CONTACTS)
    ),
)
