"""Graph, questions, sharing, the run and the `hub` command."""
