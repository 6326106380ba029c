"""The levels at which forecasts are compared, and at which those without a law are kept."""

import numpy as np

#: Percentiles 1 to 99.
SCORE_LEVELS = np.arange(1, 100) / 100
#: The same, with what intervals of 95 and 99 % need.
TABLE_LEVELS = np.unique(np.concatenate([SCORE_LEVELS, [0.001, 0.005, 0.025, 0.975, 0.995, 0.999]]))
