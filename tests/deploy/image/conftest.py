"""The image, built once for all of its tests."""

from collections.abc import Iterator

import pytest

from tests.deploy.image.container import Image, built


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image on a base of Debian's packages."""
    with built(tmp_path_factory.mktemp("image")) as made:
        yield made
