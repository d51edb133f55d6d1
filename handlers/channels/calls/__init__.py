"""Outbound calls worked in the product: the list, the next call, its result, and the order it brings."""

from handlers.channels.calls.opening import open_calls

__all__ = ["open_calls"]
