"""The verbs of the command line, one file each; errors are left to the edge in hub/cli.py."""
