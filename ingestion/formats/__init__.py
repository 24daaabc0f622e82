"""Readers, one per file format: each fills the table `delivery_row` with the file's rows as text."""
