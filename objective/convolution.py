"""Convolution of a batch of laws with one mass, as products with small Toeplitz blocks."""

import torch
from torch import Tensor

from objective.laws import Array

#: States per block: small enough to waste little of the band, large enough for a fast product.
BLOCK = 48


class Convolution:
    """Convolution with ``mass`` (reach + 1), and its adjoint, on batches of rows.

    A block of states times a block of the Toeplitz matrix is a piece of the result; pieces overlap
    and add. One block of the matrix serves all blocks of states.
    """

    def __init__(self, mass: Array, dtype: torch.dtype, device: torch.device) -> None:
        self.reach = mass.size - 1
        block = torch.zeros(BLOCK, BLOCK + self.reach, dtype=torch.float64)
        values = torch.as_tensor(mass)
        for row in range(BLOCK):
            block[row, row : row + mass.size] = values
        self._toeplitz = block.to(device, dtype)
        self._adjoint = self._toeplitz.T.contiguous()

    def forward(self, laws: Tensor) -> Tensor:
        """Return the laws of the sum, (rows, states + reach)."""
        rows, states = laws.shape
        if states <= BLOCK:
            return laws @ self._toeplitz[:states, : states + self.reach]
        out = laws.new_zeros(rows, states + self.reach)
        for first in range(0, states, BLOCK):
            width = min(BLOCK, states - first)
            piece = out[:, first : first + width + self.reach]
            piece.addmm_(
                laws[:, first : first + width], self._toeplitz[:width, : width + self.reach]
            )
        return out

    def back(self, values: Tensor, states: int) -> Tensor:
        """Return E[f(k + X)] for the first ``states`` of the functions f, (rows, states).

        A function given on fewer points than needed goes on with its last value.
        """
        rows, given = values.shape
        missing = states + self.reach - given
        if missing > 0:
            values = torch.cat([values, values[:, -1:].expand(rows, missing)], dim=1)
        out = values.new_empty(rows, states)
        for first in range(0, states, BLOCK):
            width = min(BLOCK, states - first)
            torch.mm(
                values[:, first : first + width + self.reach],
                self._adjoint[: width + self.reach, :width],
                out=out[:, first : first + width],
            )
        return out
