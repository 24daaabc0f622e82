"""One module per reference page: declarations in, Markdown out."""
