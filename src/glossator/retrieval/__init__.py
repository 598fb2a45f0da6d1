"""Takes chunks, leaves an index; takes a question, leaves the passages nearest to it."""
