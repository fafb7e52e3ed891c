"""The file format: frames, blocks, checksums and the index.  Specified in docs/format.md.

Nothing here knows a model or a coder: ids are numbers, payloads are bytes.
"""
