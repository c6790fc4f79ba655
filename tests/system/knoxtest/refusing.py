"""What is refused, and with which errno."""

import pytest


def refused(code: int | set, call, *arguments) -> None:
    """The call fails with this errno, or one of these."""
    with pytest.raises(OSError) as caught:
        call(*arguments)
    codes = code if isinstance(code, set) else {code}
    assert caught.value.errno in codes, caught.value
