"""Entropy coders: from (symbol, frequency table) to bits and back.

``coders.CODERS`` holds the coders of whole symbols.  Single bits of binary models are coded by the
core, within its kernels (core/src/coding); ``neurocomp.coding.bits`` codes arrays of them.
"""
