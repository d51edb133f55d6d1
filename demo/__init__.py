"""A province that does not exist and a market that answers; it knows the product only from outside."""
