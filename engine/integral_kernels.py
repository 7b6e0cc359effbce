"""Compiled quadratic forms behind expected time integrals (``expected_integrals``)."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numba

from wellhop.engine.block_product import multiply


@numba.njit(error_model="numpy")
def forms(blocks, edges, own, full, zr, zi, yr, yi, out):
    """out_k = z† R_k z for Hermitian R_k, each stored as one sector in blocks of rows; y is scratch."""
    for k in range(blocks.shape[0]):
        multiply(blocks[k], edges, own, full, full, zr, zi, yr, yi)
        total = 0.0
        for i in range(edges[1]):
            total += zr[i] * yr[i] + zi[i] * yi[i]
        out[k] = total
