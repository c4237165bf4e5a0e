"""Device files of a user, as tests write them."""

from __future__ import annotations

import pytest

from edgesym.devices import find_device


@pytest.fixture
def read(tmp_path):
    """The device of a file with this text."""

    def written(content):
        path = tmp_path / "mine.toml"
        path.write_text(content)
        return find_device(str(path))

    return written
