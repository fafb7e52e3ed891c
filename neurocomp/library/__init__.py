"""What ``import neurocomp`` offers: functions, file objects, incremental, for pools."""
