"""Any object that shows its bytes, as a flat view of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

__all__ = ["Buffer", "ViewSource", "byte_view"]

if TYPE_CHECKING:
    from typing import Any, Protocol

    from _typeshed import ReadableBuffer

    class _Array(Protocol):
        """What numpy's arrays are to type checkers before Python 3.12."""

        @property
        def __array_interface__(self) -> Any: ...

    Buffer = ReadableBuffer | _Array
elif sys.version_info >= (3, 12):
    from collections.abc import Buffer
else:
    Buffer = bytes | bytearray | memoryview
    """Before Python 3.12 no class stands for all buffers at run time: this names the usual ones."""


def byte_view(data: Buffer) -> memoryview:
    """Return the bytes of ``data`` as a contiguous view of format "B", in C order.

    What is contiguous and of a plain type is not copied, whatever its shape and item size.

    Raises:
        TypeError: ``data`` has no bytes to show: None, text, a number.
    """
    view = memoryview(cast("ReadableBuffer", data))
    if not view.nbytes:
        return memoryview(b"")
    if view.c_contiguous:
        try:
            return view.cast("B")
        except TypeError:
            pass  # A structured type, or one in a foreign byte order.
    return memoryview(view.tobytes())


class ViewSource:
    """A byte view as a stream to read, without a copy of the whole."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._position = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next ``size`` bytes, fewer at the end; all of them where it is negative."""
        stop = len(self._view) if size < 0 else self._position + size
        data = bytes(self._view[self._position : stop])
        self._position += len(data)
        return data
