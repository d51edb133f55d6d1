"""Settings: read once from the environment, with defaults that need nothing else installed."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

#: how customers refuse further messages by reply; small letters and full width are the same
REFUSAL_WORDS = "TD,T,退订,0000,QX"
HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an installation may choose; see docs/configuration.md."""

    #: the product's own folder: database, warehouse, lists, keys
    instance: Path
    #: SQLAlchemy URL; SQLite in the instance folder by default
    database: str
    #: connections one process holds at most
    database_pool: int = 20
    #: the clock is a row that the simulated world moves, and demo accounts are shown
    is_demo: bool = False
    #: cookies only over HTTPS; on wherever the product is not on a loopback address
    secure_cookies: bool = False
    #: jobs and regular work one worker does at once
    worker_threads: int = 2
    sender: str = "10086"
    signature: str = "【东屿移动】"
    #: channels whose lists leave as encrypted files
    by_file: frozenset[str] = frozenset()
    #: the SMS centre as host:port; empty where there is none
    sms_centre: str = ""
    #: our name there
    sms_system_id: str = "bihuan"
    #: a file with the password; by default one in the folder of keys
    sms_password_file: Path | None = None
    #: messages that wait for their answers at one time, and messages a second by contract
    sms_window: int = 100
    sms_rate: float = 500.0
    #: how ids in receipts are written: as_is | hex_to_decimal | decimal_to_hex
    sms_receipt_ids: str = "as_is"
    #: words of a reply that mean: no more of this
    refusal_words: frozenset[str] = frozenset(REFUSAL_WORDS.split(","))
    #: feeds of which a file must come every day, empty or not
    daily_files: frozenset[str] = frozenset()

    @classmethod
    def from_environment(cls) -> "Settings":
        """Each from its variable in docs/configuration.md."""
        instance = Path(os.environ.get("INSTANCE_DIR", HERE / "var" / "instance")).resolve()
        return cls(
            instance=instance,
            database=os.environ.get("DATABASE_URL") or f"sqlite:///{instance / 'bihuan.sqlite'}",
            is_demo=os.environ.get("DEMO") == "1",
            database_pool=int(os.environ.get("DATABASE_POOL", "20")),
            secure_cookies=os.environ.get("SECURE_COOKIES") == "1",
            worker_threads=int(os.environ.get("WORKER_THREADS", "2")),
            sender=os.environ.get("SENDER", "10086"),
            signature=os.environ.get("SIGNATURE", "【东屿移动】"),
            by_file=_words("BY_FILE", ""),
            refusal_words=_words("REFUSAL_WORDS", REFUSAL_WORDS),
            daily_files=_words("DAILY_FILES", ""),
            **_sms_centre(),
        )

    def flask(self) -> dict[str, Any]:
        """The same as Flask and its extensions want to read it."""
        return {
            "SECRET_KEY": secret_file(self.instance / "keys" / "secret"),
            "SQLALCHEMY_DATABASE_URI": self.database,
            "SQLALCHEMY_ENGINE_OPTIONS": self._engine_options(),
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.secure_cookies,
            "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
            "MAX_CONTENT_LENGTH": 16 * 1024 * 1024,
            "DEMO": self.is_demo,
            "API_TITLE": "Bihuan",
            "API_VERSION": "v1",
            "OPENAPI_VERSION": "3.0.3",
            "OPENAPI_URL_PREFIX": "/api/v1",
            "OPENAPI_JSON_PATH": "openapi.json",
        }

    def _engine_options(self) -> dict[str, Any]:
        """Connections that survive a server stopped and started again, and see what others committed.

        What goes wrong is told without the values of the statement: logs and incidents are no place for them.
        """
        pool = {"pool_size": self.database_pool, "max_overflow": 0, "hide_parameters": True}
        if self.database.startswith("sqlite"):
            return pool
        timeouts = {"connect_timeout": 5, "keepalives_idle": 30, "tcp_user_timeout": 30_000}
        return {**pool, "pool_pre_ping": True, "isolation_level": "READ COMMITTED", "connect_args": timeouts}


def _words(variable: str, otherwise: str) -> frozenset[str]:
    """The words of a variable, separated by commas."""
    return frozenset(filter(None, (word.strip() for word in os.environ.get(variable, otherwise).split(","))))


def _sms_centre() -> dict[str, Any]:
    """SMS_CENTRE, SMS_SYSTEM_ID, SMS_PASSWORD_FILE, SMS_WINDOW, SMS_RATE, SMS_RECEIPT_IDS, where given."""
    kinds: dict[str, Callable[[str], Any]] = {
        "sms_centre": str,
        "sms_system_id": str,
        "sms_password_file": Path,
        "sms_window": int,
        "sms_rate": float,
        "sms_receipt_ids": str,
    }
    given = {name: os.environ.get(name.upper(), "") for name in kinds}
    return {name: kinds[name](value) for name, value in given.items() if value}


def secret_file(path: Path) -> str:
    """A secret made at first use, readable by the owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text()
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()
