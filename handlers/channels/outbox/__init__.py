"""Durable sending: batches with an intent committed before the wire and answers after it."""

from handlers.channels.outbox.opening import open_batches

__all__ = ["open_batches"]
