"""The clinic whose sessions run, as the tests of the service have it."""

from tests.serve.conftest import (  # noqa: F401 (fixtures)
    app,
    clinic,
    clock,
    database_url,
    postgres_tables,
    settings,
    sqlite_tables,
)
from tests.serve.live.conftest import running  # noqa: F401 (a fixture)
