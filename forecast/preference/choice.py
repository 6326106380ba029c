"""From the utilities of seats to the probability of each choice.

A seat with utility u beside others is taken with probability exp(u) / (1 + sum of exp(u') over all
seats offered), and all are declined with 1 / (1 + that sum): Luce (1959), Individual Choice
Behavior; the outside option has utility 0.
"""

import torch
from torch import Tensor


def choice_log_probabilities(
    utilities: Tensor, of: Tensor, occasions: int
) -> tuple[Tensor, Tensor]:
    """Return the logarithms of the probabilities of seats, (rows,), and to decline, (occasions,).

    Parameters
    ----------
    utilities
        Of every seat, (rows,).
    of
        The occasion of every seat, (rows,).
    occasions
        Their number.
    """
    highest = torch.zeros(occasions, dtype=utilities.dtype)
    # The largest utility of an occasion, at least that of declining, keeps the powers finite.
    highest = highest.scatter_reduce(0, of, utilities.detach(), "amax", include_self=True)
    total = torch.exp(-highest).index_add(0, of, torch.exp(utilities - highest[of]))
    log_total = highest + torch.log(total)
    return utilities - log_total[of], -log_total
