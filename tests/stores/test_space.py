from pathlib import Path

import pytest

from stores.errors import NoRoomError
from stores.space import assert_room


def test_a_stage_that_would_fill_the_disk_is_refused_with_both_figures(tmp_path: Path) -> None:
    assert_room(tmp_path, 1, "a small thing")
    with pytest.raises(NoRoomError, match=r"a large thing needs about [\d,]+ MB .* [\d,]+ MB are free"):
        assert_room(tmp_path, 10**18, "a large thing")
