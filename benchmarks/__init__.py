"""Measurements: each file times what the product calls against a limit or a peer, in one run."""
