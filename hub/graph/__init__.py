"""The graph: tables in the warehouse, one port, and the engines behind it."""
