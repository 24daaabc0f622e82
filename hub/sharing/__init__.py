"""Who may see what: the one door, its decisions and its audit log."""
