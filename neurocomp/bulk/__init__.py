"""Large sets of files: compressed, tested and restored by existing engines.

    >>> from neurocomp import bulk
    >>> bulk.compress("logs", "s3://bucket/logs", preset="fast")  # Dask, on this machine
    >>> bulk.test("s3://bucket/logs", bulk.Settings(scheduler="tcp://10.0.0.1:8786"))
    >>> bulk.restore("s3://bucket/logs", "again", bulk.Settings(engine="ray"))

A set is a folder: local, or any that fsspec reaches by a URL.  Its compressed form is a folder with
a frame for each file, and a manifest of sizes, hashes and models, by which a run goes on where
another one ended, and by which a set is tested without its originals.
"""

from __future__ import annotations

from neurocomp.bulk.compressing import compress
from neurocomp.bulk.reading import check as test
from neurocomp.bulk.reading import restore
from neurocomp.bulk.settings import Settings, Summary

__all__ = ["Settings", "Summary", "compress", "restore", "test"]
