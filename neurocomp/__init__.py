"""neurocomp: lossless compression with predictive models."""
