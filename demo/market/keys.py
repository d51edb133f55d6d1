"""The channels' own key pairs: the product gets the public halves and can seal a list, never open one."""

from pathlib import Path

from pyrage import x25519

CHANNELS = ("sms", "call")
_FOLDER = "channel_keys"


def make_keys(demo_dir: Path) -> None:
    """Make each channel's pair once; later builds keep it, so lists under way stay readable."""
    folder = demo_dir / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for channel in CHANNELS:
        private = folder / f"{channel}.key"
        if not private.exists():
            identity = x25519.Identity.generate()
            private.touch(mode=0o600)
            private.write_text(f"{identity}\n", encoding="ascii")
            _public(demo_dir, channel).write_text(f"{identity.to_public()}\n", encoding="ascii")


def install_public_keys(demo_dir: Path, instance_dir: Path) -> None:
    """Give the product the public halves, as a new channel would; an installed key is left alone."""
    keys = instance_dir / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    for channel in CHANNELS:
        target = keys / f"channel_{channel}.pub"
        if not target.exists():
            target.write_bytes(_public(demo_dir, channel).read_bytes())


def identity_of(demo_dir: Path, channel: str) -> x25519.Identity:
    """The secret with which a channel opens its lists."""
    text = (demo_dir / _FOLDER / f"{channel}.key").read_text(encoding="ascii")
    return x25519.Identity.from_str(text.strip())


def _public(demo_dir: Path, channel: str) -> Path:
    return demo_dir / _FOLDER / f"{channel}.pub"
