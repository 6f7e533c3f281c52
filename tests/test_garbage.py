"""What Python looks through for garbage is put back as it was."""

import gc

from runner.machine.garbage import garbage_left_lying


def test_none_is_looked_for_until_the_outermost_is_over() -> None:
    with garbage_left_lying():
        with garbage_left_lying():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_made_meanwhile_is_not_looked_through_at_once() -> None:
    with garbage_left_lying():
        kept = [[number] for number in range(20_000)]
    young = {id(one) for generation in (0, 1) for one in gc.get_objects(generation)}
    assert young.isdisjoint(map(id, kept))
    assert gc.get_freeze_count() == 0
