"""Where everything is kept: the only code that opens files of a home and databases."""
