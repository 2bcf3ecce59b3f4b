"""What stands for any object in tests does not hide what the object is elsewhere."""

from __future__ import annotations

from assist2resp.rewrite.values.kinds import PLAIN, UNKNOWN, External, Resource, join

CLIENT = Resource("", is_async=False, is_azure=False)
MOCK = External("unittest.mock.MagicMock()")


def test_a_mock_gives_way_to_a_client() -> None:
    assert join(MOCK, CLIENT) == join(CLIENT, MOCK) == CLIENT


def test_nothing_gives_way_to_a_mock_but_literals() -> None:
    assert join(PLAIN, MOCK) == join(MOCK, PLAIN) == MOCK
    assert join(UNKNOWN, MOCK) == UNKNOWN
    assert join(External("hub.Client()"), CLIENT) != CLIENT
