"""The tables: what is true. One noun a file; nothing here asks another floor of the house."""
