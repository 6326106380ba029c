"""Tables of certified optima over grids of sessions: built, kept as Parquet, and looked up.

`opt.atlas.build.build_atlas` and ``python -m opt.atlas`` make them.
"""

from opt.atlas.grid import Grid
from opt.atlas.lookup import Atlas, Neighbour
from opt.atlas.optimum import Optimum
from opt.atlas.query import Query

__all__ = ["Atlas", "Grid", "Neighbour", "Optimum", "Query"]
