"""Takes a function and records, leaves its results: on this machine, in worker processes that may fail alone."""
