"""Takes chunks, leaves an index; takes a question, leaves the passages nearest to it.

An index is a directory that needs nothing but the embedder: the passages, their vectors, their words, and `index.json`,
which is written last. Nothing in it is pickled.
"""

from glossator.retrieval.build import INDEX_VERSION, IndexInfo, build_index
from glossator.retrieval.embedder_files import embedder_identity
from glossator.retrieval.embedding import Embedder, open_embedder
from glossator.retrieval.passages import MODES, Hit, Mode, Passage
from glossator.retrieval.search import SearchIndex, open_index

__all__ = [
    "INDEX_VERSION",
    "MODES",
    "Embedder",
    "Hit",
    "IndexInfo",
    "Mode",
    "Passage",
    "SearchIndex",
    "build_index",
    "embedder_identity",
    "open_embedder",
    "open_index",
]
