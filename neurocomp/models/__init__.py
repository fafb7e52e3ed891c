"""Predictive models in their exact form, their registry and their store."""
