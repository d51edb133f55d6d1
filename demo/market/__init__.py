"""A market that answers: it reads what the product sends out and gives back what customers would do."""
