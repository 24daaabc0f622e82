"""The analysts' copy: a graph in which nobody should be found again, made for a study, for a purpose and for a time."""
