"""Deliveries that are read from a department's own database: connect → read one moment → an ordinary delivery file."""
