"""The second opinion beside a language model: the larger network of bytes of the package.

It knows languages that the language model does not, and its mixers have learnt from text.  What
frames of this family hold depends on its integers, so that they are named here: another network
would be another revision of the family.
"""

from __future__ import annotations

from functools import cache

from neurocomp.errors import ModelMismatchError
from neurocomp.models.bytenet import NetworkModel

NAME = "text-l"

SHA256 = bytes.fromhex("71738b2845ea2f680fa7e30f2010c123b24231479e33f20dd2496b06f21d8d71")
"""Of its integers."""


@cache
def second_network() -> NetworkModel:
    """Return the network, which takes a while to load.

    Raises:
        FormatError: its file is damaged.
        ModelMismatchError: it is another one.
    """
    model = NetworkModel.shipped(NAME)
    if model.identity != SHA256:
        raise ModelMismatchError(
            f"{NAME!r} of the package is the model {model.identity.hex()}, but language models "
            f"have {SHA256.hex()} beside them: install neurocomp again"
        )
    return model
