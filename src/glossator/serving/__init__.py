"""Takes models and an index, leaves answers with citations over HTTP or in a terminal."""
