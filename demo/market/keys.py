"""The product's account at the SMS centre: a name and a password, made with the world."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

SYSTEM_ID = "bihuan"
_FILE = "centre_account.json"
#: Where the product reads the password, in its own folder.
PASSWORD = Path("keys") / "sms_centre_password"


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who may connect."""

    system_id: str
    password: str


def make_account(demo_dir: Path) -> None:
    """Make the account once; later builds keep it. SMPP has room for eight characters of a password."""
    path = demo_dir / _FILE
    if not path.exists():
        path.touch(mode=0o600)
        account = {"system_id": SYSTEM_ID, "password": secrets.token_urlsafe(6)}
        path.write_text(json.dumps(account), encoding="ascii")


def account_of(demo_dir: Path) -> Account:
    """The account the centre knows."""
    return Account(**json.loads((demo_dir / _FILE).read_text(encoding="ascii")))


def tell_password(demo_dir: Path, instance_dir: Path) -> None:
    """Put the password where the product reads it, as its keeper would; one that is there is left alone."""
    target = instance_dir / PASSWORD
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.touch(mode=0o600)
        target.write_text(account_of(demo_dir).password, encoding="ascii")
