"""Checks across declarations: what one file says must agree with what the others say."""
