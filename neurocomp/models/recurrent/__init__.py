"""The byte network in its exact form: a gated linear recurrence in integers."""
