"""What Python looks through for garbage is put back as it was."""

import gc

from runner.machine.garbage import garbage_left_lying


def test_none_is_looked_for_until_the_outermost_is_over() -> None:
    with garbage_left_lying():
        with garbage_left_lying():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
