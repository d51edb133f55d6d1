"""A province that does not exist: customers, history and the truth behind them, block by block."""
