"""Suites: many compressors on many files, each row decoded and compared (`neurocomp bench run`)."""
