"""What everything means: declarations as data files, and the typed readers that turn them into frozen objects."""
