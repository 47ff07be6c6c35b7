"""A dozen layers of today's networks with backward passes by hand, and the mistakes that people make in them."""

from backprop86.gradients.layers import (
    attention,
    batch_norm,
    convolution,
    cross_entropy,
    dropout,
    embedding,
    gelu,
    layer_norm,
    lstm,
    max_pool,
    residual,
    rms_norm,
)

MODULES = (
    cross_entropy, layer_norm, batch_norm, convolution, attention, lstm,
    gelu, embedding, rms_norm, max_pool, dropout, residual,
)  # fmt: skip
LAYERS = {module.LAYER.name: module.LAYER for module in MODULES}
"""Every layer by its name."""
