"""Tests of the demo: the province, the office and the market."""
