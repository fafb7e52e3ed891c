"""The public library: functions, file objects, incremental coding, codecs for pools."""
