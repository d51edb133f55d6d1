"""A work order leaves in batches: everybody once, in order, with an intent before and an answer after."""

from tests.handlers.channels.outbox.world import World


def test_everybody_is_sent_to_once(world: World) -> None:
    order = world.order(30)
    centre = world.send()
    assert set(centre.numbers.values()) == {1}
    assert len(centre.accepted) == 30
    assert world.settle() == 1
    assert world.states(order) == {"accepted": 30}
