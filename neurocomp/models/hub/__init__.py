"""Models of transformers: fetched and made exact, or run in float where that is not possible."""
