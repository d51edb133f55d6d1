"""The engine host, on diagrams of its own."""
