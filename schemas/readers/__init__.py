"""Typed readers: one module per kind of declaration, from YAML to frozen objects."""
