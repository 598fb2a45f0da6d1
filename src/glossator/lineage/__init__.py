"""Takes samples, chunks and documents, leaves what came from what; finds single records in files that are too big."""

from glossator.lineage.finding import find_lines, find_named, find_rows
from glossator.lineage.links import Kind, Link, links_of, read_links, trace

__all__ = ["Kind", "Link", "find_lines", "find_named", "find_rows", "links_of", "read_links", "trace"]
