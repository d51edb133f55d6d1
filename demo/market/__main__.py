"""The command that plays the outside world: `python -m demo.market --instance DIR --demo DIR --url URL`."""

import argparse
import signal
import sys
from functools import partial
from pathlib import Path
from threading import Event

from demo.market.agents import CallAgents
from demo.market.announcements import Announcements
from demo.market.centre import Centre
from demo.market.keys import account_of, tell_password
from demo.market.ledger import Ledger
from demo.market.loop import Outside, play
from demo.market.market import Market
from demo.market.product import NoAnswer, Product, Refusal
from demo.market.replies import early_receipts
from demo.market.world import World


def main() -> int:
    """Play the market against a running product until told to stop."""
    chosen = _arguments()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    tell_password(chosen.demo, chosen.instance)
    world, ledger = World.open(chosen.demo), Ledger(chosen.demo)
    haste = partial(early_receipts, world, Announcements(chosen.instance))
    centre = Centre(chosen.demo, account_of(chosen.demo), haste)
    signal.signal(signal.SIGUSR1, lambda *_: centre.hang_up())
    product = Product(chosen.url, chosen.instance / "keys" / "intake_token")
    callers = CallAgents(world, chosen.instance, chosen.url, _say)
    try:
        centre.open(chosen.sms_port, product.clock().now)
        outside = Outside(market=Market(world, ledger, chosen.instance), centre=centre, callers=callers)
        play(outside, product, stop, chosen.until_idle, _say)
    except (NoAnswer, Refusal, OSError) as failure:
        _say(f"no way to the product: {failure}")
        return 1
    finally:
        centre.close()
        ledger.close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.market", description=main.__doc__)
    parser.add_argument("--instance", type=Path, required=True, help="the product's folder")
    parser.add_argument("--demo", type=Path, required=True, help="folder of the demo world")
    parser.add_argument("--url", required=True, help="where the product listens")
    parser.add_argument(
        "--sms-port", type=int, default=0, help="where the SMS centre listens (default: anywhere)"
    )
    parser.add_argument("--until-idle", action="store_true", help="stop when the clock is where it is wanted")
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"market: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
