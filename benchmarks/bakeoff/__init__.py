"""Architectures of byte networks, trained for the same CPU time on the same text."""
