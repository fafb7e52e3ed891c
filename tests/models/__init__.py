"""Tests of the models and the model store."""
