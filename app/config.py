"""Settings: read once from the environment, with defaults that need nothing else installed."""

import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast, get_args

from handlers.channels.wire import LinkSettings
from handlers.channels.wire.settings import ReceiptIds

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
    #: the SMS centre messages are sent through; None where there is none yet
    sms_centre: "SmsCentre | None" = None
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
            sms_centre=SmsCentre.from_environment(instance),
            by_file=_words("BY_FILE", ""),
            refusal_words=_words("REFUSAL_WORDS", REFUSAL_WORDS),
            daily_files=_words("DAILY_FILES", ""),
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
        """Connections that survive a server stopped and started again, and see what others committed."""
        pool = {"pool_size": self.database_pool, "max_overflow": 0}
        if self.database.startswith("sqlite"):
            return pool
        timeouts = {"connect_timeout": 5, "keepalives_idle": 30, "tcp_user_timeout": 30_000}
        return {**pool, "pool_pre_ping": True, "isolation_level": "READ COMMITTED", "connect_args": timeouts}


def _words(variable: str, otherwise: str) -> frozenset[str]:
    """The words of a variable, separated by commas."""
    return frozenset(filter(None, (word.strip() for word in os.environ.get(variable, otherwise).split(","))))


@dataclass(frozen=True, kw_only=True)
class SmsCentre:
    """The SMS centre messages are sent through; its password lies in a file and is read when it is needed."""

    host: str
    port: int
    system_id: str
    password_file: Path
    window: int
    rate: float
    receipt_ids: ReceiptIds
    source: str

    @classmethod
    def from_environment(cls, instance: Path) -> "SmsCentre | None":
        """SMS_CENTRE=host:port and its companions; None where it is not set."""
        where = os.environ.get("SMS_CENTRE")
        if not where:
            return None
        host, _, port = where.rpartition(":")
        ids = os.environ.get("SMS_RECEIPT_IDS", "as_is")
        if ids not in get_args(ReceiptIds):
            raise ValueError(f"SMS_RECEIPT_IDS is one of {', '.join(get_args(ReceiptIds))}, not {ids}")
        return cls(
            host=host,
            port=int(port),
            system_id=os.environ.get("SMS_SYSTEM_ID", "bihuan"),
            password_file=Path(
                os.environ.get("SMS_PASSWORD_FILE", instance / "keys" / "sms_centre_password")
            ),
            window=int(os.environ.get("SMS_WINDOW", "100")),
            rate=float(os.environ.get("SMS_RATE", "500")),
            receipt_ids=cast(ReceiptIds, ids),
            source=os.environ.get("SENDER", "10086"),
        )

    def link(self) -> LinkSettings:
        """All that a link needs; FileNotFoundError while nobody has put the password there."""
        return LinkSettings(
            host=self.host,
            port=self.port,
            system_id=self.system_id,
            password=self.password_file.read_text(encoding="ascii").strip(),
            window=self.window,
            rate=self.rate,
            receipt_ids=self.receipt_ids,
            source=self.source,
        )


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
