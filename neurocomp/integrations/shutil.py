"""shutil: archives ``tar.ncmp`` of ``make_archive`` and ``unpack_archive``."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path
from typing import Any, Unpack

from neurocomp.integrations import SUFFIX
from neurocomp.library.arguments import CompressArguments, compress_options
from neurocomp.library.file_object import NeurocompFile
from neurocomp.pipeline.files import new_file

FORMAT = "tar" + SUFFIX
"""The name of the format, which is also what names of its archives end in."""


def register(**arguments: Unpack[CompressArguments]) -> None:
    """Register archives ``tar.ncmp`` with shutil; a second call replaces the first.

    Args:
        arguments: those of ``neurocomp.compress``, for archives that are made.

    Raises:
        TypeError, UsageError: as ``neurocomp.compress``.
    """
    compress_options(**arguments)
    given = [("arguments", arguments)]
    shutil.register_archive_format(FORMAT, make_archive, given, "neurocomp'ed tar-file")
    if FORMAT in (one[0] for one in shutil.get_unpack_formats()):
        shutil.unregister_unpack_format(FORMAT)
    shutil.register_unpack_format(
        FORMAT, ["." + FORMAT], unpack_archive, description="neurocomp'ed tar-file"
    )


def make_archive(
    base_name: str | os.PathLike[str],
    base_dir: str | None = None,
    *,
    owner: str | None = None,
    group: str | None = None,
    dry_run: bool = False,
    logger: Any = None,
    root_dir: str | None = None,
    arguments: CompressArguments | None = None,
) -> str:
    """Archive ``base_dir``, as shutil calls it; an archive that is there is replaced.

    Args:
        base_name: path of the archive without its suffix.
        base_dir: folder to archive, by names below ``root_dir``.
        owner: name or number of the owner of all members, instead of each one's own.
        group: likewise.
        dry_run: write nothing.
        logger: logger of messages on what is done.
        root_dir: the folder that names begin in, instead of the current one.
        arguments: those of ``neurocomp.compress``.

    Returns:
        The path of the archive.
    """
    path = Path(os.fspath(base_name) + "." + FORMAT)
    top = base_dir or os.curdir
    if logger is not None:
        logger.info("creating %s", path)
    if dry_run:
        return os.fspath(path)
    change = _change_of_owner(owner, group)
    path.absolute().parent.mkdir(parents=True, exist_ok=True)
    with (
        new_file(path, overwrite=True) as sink,
        NeurocompFile(sink, "wb", **(arguments or {})) as content,
        # The archive may lie in the folder that it is of: it is not there before it is whole,
        # and what it is written to is left out.
        tarfile.open(fileobj=content, mode="w|") as archive,
    ):
        own = os.fstat(sink.fileno())

        def without_itself(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
            path = os.path.join(root_dir or "", member.name)
            return None if _is_file(path, own) else change(member)

        archive.add(os.path.join(root_dir or "", top), top, filter=without_itself)
    return os.path.abspath(path) if root_dir is not None else os.fspath(path)


make_archive.supports_root_dir = True  # type: ignore[attr-defined]


def unpack_archive(filename: str, extract_dir: str, *, filter: Any = None) -> None:
    """Unpack an archive, as shutil calls it.

    Args:
        filename: the archive.
        extract_dir: folder for the archive's members.
        filter: filter of tarfile, which says what members may do; by default "data" where Python
            has it: nothing outside ``extract_dir``.

    Raises:
        shutil.ReadError: it is not such an archive.
    """
    if filter is None and hasattr(tarfile, "data_filter"):
        filter = "data"
    options: dict[str, Any] = {} if filter is None else {"filter": filter}
    with NeurocompFile(filename) as content:
        try:
            archive = tarfile.open(fileobj=content, mode="r|")  # noqa: SIM115
        except (tarfile.TarError, ValueError) as error:
            raise shutil.ReadError(f"{filename} is not a {FORMAT} file: {error}") from error
        with archive:
            archive.extractall(extract_dir, **options)


def _change_of_owner(owner: str | None, group: str | None) -> Any:
    """Return a filter of members that gives them an owner and a group.

    Raises:
        LookupError: the system knows no such user or group.
    """
    ids: dict[str, Any] = {}
    if owner is not None:
        import pwd

        user = pwd.getpwuid(int(owner)) if owner.isdigit() else pwd.getpwnam(owner)
        ids |= {"uid": user.pw_uid, "uname": user.pw_name}
    if group is not None:
        import grp

        one = grp.getgrgid(int(group)) if group.isdigit() else grp.getgrnam(group)
        ids |= {"gid": one.gr_gid, "gname": one.gr_name}

    def change(member: tarfile.TarInfo) -> tarfile.TarInfo:
        for name, value in ids.items():
            setattr(member, name, value)
        return member

    return change


def _is_file(path: str, status: os.stat_result) -> bool:
    """Return whether ``path`` is the file of that status."""
    try:
        return os.path.samestat(os.lstat(path), status)
    except OSError:
        return False
