"""The operator's own side of the demo: offices, staff, products, prices and ready-made scenarios."""
