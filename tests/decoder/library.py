"""The C API by ctypes, as any language with a foreign function interface has it."""

from __future__ import annotations

import ctypes
import enum
import itertools
from collections.abc import Iterator
from pathlib import Path


class Status(enum.IntEnum):
    """core/include/neurocomp.h."""

    OK = 0
    USAGE = 1
    MEMORY = 2
    MEMORY_LIMIT = 3
    SIZE_LIMIT = 4
    FORMAT = 5
    TRUNCATED = 6
    CHECKSUM = 7
    UNSUPPORTED = 8
    MODEL_NOT_FOUND = 9
    MODEL_MISMATCH = 10
    FILE = 11
    INTERNAL = 12


class Limit(enum.IntEnum):
    CONTENT = 0
    MEMORY = 1


class Failed(Exception):
    """A call did not return NCMP_OK."""

    def __init__(self, status: Status, message: str = "") -> None:
        super().__init__(f"{status.name}: {message}")
        self.status = status
        self.message = message


class _Buffer(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("pos", ctypes.c_size_t),
    )


class Library:
    """The shared library."""

    def __init__(self, path: Path) -> None:
        self.c = ctypes.CDLL(str(path))
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        for name, *arguments in (
            ("models_create", ctypes.POINTER(pointer)),
            ("models_add_file", pointer, ctypes.c_char_p),
            ("models_add_folder", pointer, ctypes.c_char_p),
            ("models_add_bytes", pointer, ctypes.c_char_p, size),
            ("decoder_create", ctypes.POINTER(pointer), pointer),
            ("decoder_set_threads", pointer, ctypes.c_uint),
            ("decoder_set_limit", pointer, ctypes.c_int, ctypes.c_uint64),
            ("decoder_run", pointer, ctypes.POINTER(_Buffer), ctypes.POINTER(_Buffer)),
            ("decoder_finish", pointer),
            ("decoder_reset", pointer),
            ("decompress", pointer, size, ctypes.POINTER(size), ctypes.c_char_p, size, pointer),
            ("content_size", ctypes.POINTER(ctypes.c_uint64), ctypes.c_char_p, size),
        ):
            function = getattr(self.c, f"ncmp_{name}")
            function.argtypes, function.restype = arguments, ctypes.c_int
        for name in ("models", "decoder"):
            free = getattr(self.c, f"ncmp_{name}_free")
            message = getattr(self.c, f"ncmp_{name}_message")
            free.argtypes, free.restype = [pointer], None
            message.argtypes, message.restype = [pointer], ctypes.c_char_p
        self.c.ncmp_status_name.restype = ctypes.c_char_p

    def models(self, *folders: Path) -> Models:
        """Return a set of models."""
        models = Models(self)
        for folder in folders:
            models.add_folder(folder)
        return models

    def decoder(self, models: Models | None = None) -> Decoder:
        """Return a new decoder."""
        return Decoder(self, models)

    def memory_needed(self, data: bytes, models: Models | None, content: bytes) -> int:
        """Return the least power of two of bytes that two threads decode `data` with.

        Any less is refused for the memory's limit, and nothing else.
        """
        for shift in itertools.count(8):
            decoder = self.decoder(models)
            decoder.threads(2)
            decoder.limit(Limit.MEMORY, 1 << shift)
            try:
                assert decoder.decode(data) == content
                break
            except Failed as failed:
                if failed.status != Status.MEMORY_LIMIT:
                    raise
        return 1 << shift

    def decompress(self, data: bytes, models: Models | None, capacity: int) -> bytes:
        """Decode at once; raises Failed."""
        room = ctypes.create_string_buffer(max(capacity, 1))
        size = ctypes.c_size_t(99)
        handle = None if models is None else models.handle
        status = Status(
            self.c.ncmp_decompress(room, capacity, ctypes.byref(size), data, len(data), handle)
        )
        if status is not Status.OK:
            assert size.value == 0
            raise Failed(status)
        return room.raw[: size.value]

    def content_size(self, data: bytes) -> int:
        """Return what the heads of blocks record; raises Failed."""
        size = ctypes.c_uint64()
        status = Status(self.c.ncmp_content_size(ctypes.byref(size), data, len(data)))
        if status is not Status.OK:
            raise Failed(status)
        return size.value

    def status_name(self, status: int) -> str:
        name: bytes = self.c.ncmp_status_name(status)
        return name.decode()


class Models:
    """ncmp_models."""

    def __init__(self, library: Library) -> None:
        self._c = library.c
        self.handle = ctypes.c_void_p()
        assert self._c.ncmp_models_create(ctypes.byref(self.handle)) == Status.OK

    def __del__(self) -> None:
        self._c.ncmp_models_free(self.handle)

    def _check(self, status: int) -> None:
        if status != Status.OK:
            message: bytes = self._c.ncmp_models_message(self.handle)
            raise Failed(Status(status), message.decode())

    def add_folder(self, folder: Path) -> None:
        self._check(self._c.ncmp_models_add_folder(self.handle, bytes(folder)))

    def add_file(self, file: Path) -> None:
        self._check(self._c.ncmp_models_add_file(self.handle, bytes(file)))

    def add_bytes(self, content: bytes) -> None:
        self._check(self._c.ncmp_models_add_bytes(self.handle, content, len(content)))


class Decoder:
    """ncmp_decoder."""

    def __init__(self, library: Library, models: Models | None) -> None:
        self._c = library.c
        self._models = models
        self.handle = ctypes.c_void_p()
        handle = None if models is None else models.handle
        assert self._c.ncmp_decoder_create(ctypes.byref(self.handle), handle) == Status.OK

    def __del__(self) -> None:
        self._c.ncmp_decoder_free(self.handle)

    @property
    def message(self) -> str:
        message: bytes = self._c.ncmp_decoder_message(self.handle)
        return message.decode()

    def _check(self, status: int) -> None:
        if status != Status.OK:
            raise Failed(Status(status), self.message)

    def limit(self, limit: Limit, num_bytes: int) -> None:
        self._check(self._c.ncmp_decoder_set_limit(self.handle, limit, num_bytes))

    def threads(self, num_threads: int) -> None:
        self._check(self._c.ncmp_decoder_set_threads(self.handle, num_threads))

    def reset(self) -> None:
        self._check(self._c.ncmp_decoder_reset(self.handle))

    def finish(self) -> None:
        self._check(self._c.ncmp_decoder_finish(self.handle))

    def run(self, data: bytes, room: int = 1 << 16) -> Iterator[bytes]:
        """Give the output for more input, up to ``room`` bytes at a time; raises Failed."""
        held = ctypes.create_string_buffer(data, max(len(data), 1))
        given = _Buffer(ctypes.addressof(held), len(data), 0)
        out = ctypes.create_string_buffer(room)
        while True:
            wanted = _Buffer(ctypes.addressof(out), room, 0)
            status = self._c.ncmp_decoder_run(
                self.handle, ctypes.byref(given), ctypes.byref(wanted)
            )
            if wanted.pos:
                yield out.raw[: wanted.pos]
            self._check(status)
            if wanted.pos < room:
                assert given.pos == len(data)
                return

    def decode(self, data: bytes, step: int | None = None, room: int = 1 << 16) -> bytes:
        """Decode a whole file, fed ``step`` bytes at a time; raises Failed."""
        content = bytearray()
        step = step or max(len(data), 1)
        for start in range(0, len(data), step):
            for piece in self.run(data[start : start + step], room):
                content += piece
        for piece in self.run(b"", room):  # what threads still decode
            content += piece
        self.finish()
        return bytes(content)
