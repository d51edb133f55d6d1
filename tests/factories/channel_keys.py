"""Key pairs of channels whose lists go by file, as a gateway or a call centre of somebody else has them."""

from pathlib import Path

from pyrage import x25519

CHANNELS = ("sms", "call")
_FOLDER = "channel_keys"


def give_public_keys(folder: Path, instance: Path) -> None:
    """Install the public halves of the pairs kept in a folder; they are made when first asked for."""
    keys = instance / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    for channel in CHANNELS:
        public = identity_of(folder, channel).to_public()
        (keys / f"channel_{channel}.pub").write_text(f"{public}\n", encoding="ascii")


def identity_of(folder: Path, channel: str) -> x25519.Identity:
    """The secret with which a channel opens its lists."""
    path = folder / _FOLDER / f"{channel}.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{x25519.Identity.generate()}\n", encoding="ascii")
    return x25519.Identity.from_str(path.read_text(encoding="ascii").strip())
