"""What the gate runs beside linters: budgets of size, and reference pages written from declarations."""
