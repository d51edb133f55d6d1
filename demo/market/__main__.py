"""The command that plays the outside world: `python -m demo.market --instance DIR --demo DIR --url URL`."""

import argparse
import signal
import sys
from pathlib import Path
from threading import Event

from demo.market.keys import install_public_keys
from demo.market.ledger import Ledger
from demo.market.loop import play
from demo.market.market import Market
from demo.market.product import NoAnswer, Product, Refusal
from demo.market.world import World


def main() -> int:
    """Play the market against a running product until told to stop."""
    chosen = _arguments()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    install_public_keys(chosen.demo, chosen.instance)
    ledger = Ledger(chosen.demo)
    market = Market(World.open(chosen.demo), ledger, chosen.instance, _say)
    product = Product(chosen.url, chosen.instance / "keys" / "intake_token")
    try:
        play(market, product, stop, chosen.until_idle, _say)
    except (NoAnswer, Refusal) as failure:
        _say(f"no way to the product: {failure}")
        return 1
    finally:
        ledger.close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.market", description=main.__doc__)
    parser.add_argument("--instance", type=Path, required=True, help="the product's folder")
    parser.add_argument("--demo", type=Path, required=True, help="folder of the demo world")
    parser.add_argument("--url", required=True, help="where the product listens")
    parser.add_argument("--until-idle", action="store_true", help="stop when the clock is where it is wanted")
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"market: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
