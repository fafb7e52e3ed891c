"""One member of an archive, read in memory: nothing is unpacked to disk."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib

from neurocomp.bench.corpora.errors import CorpusError


def read_member(archive: bytes, member: str, num_bytes: int) -> bytes:
    """Return the regular file ``member`` of a zip or tar archive.

    Names are compared, never used as paths, and a member is read only after its recorded size
    has been found right, so that neither names nor sizes in an archive can do harm.

    Raises:
        CorpusError: no such member, not a regular file, of another size than ``num_bytes``, or
            the archive is damaged.
    """
    try:
        if zipfile.is_zipfile(io.BytesIO(archive)):
            return _read_zip(archive, member, num_bytes)
        return _read_tar(archive, member, num_bytes)
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise CorpusError(f"archive with {member!r} is damaged or unknown: {error}") from error


def _read_tar(archive: bytes, member: str, num_bytes: int) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for info in tar:
            if info.name.removeprefix("./") != member:
                continue
            if not info.isreg():
                raise CorpusError(f"archive member {member!r} is not a regular file")
            _check_size(member, info.size, num_bytes)
            file = tar.extractfile(info)
            return file.read() if file else b""
    raise _missing(member)


def _read_zip(archive: bytes, member: str, num_bytes: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        for info in zipped.infolist():
            if info.filename == member and not info.is_dir():
                _check_size(member, info.file_size, num_bytes)
                with zipped.open(info) as file:
                    return file.read(num_bytes)
    raise _missing(member)


def _check_size(member: str, found_bytes: int, num_bytes: int) -> None:
    if found_bytes != num_bytes:
        raise CorpusError(
            f"archive member {member!r} has {found_bytes} bytes, the manifest says {num_bytes}: "
            "the source has changed"
        )


def _missing(member: str) -> CorpusError:
    return CorpusError(f"archive has no member {member!r}: the source has changed")
