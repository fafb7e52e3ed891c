"""Tests of the entropy coders."""
