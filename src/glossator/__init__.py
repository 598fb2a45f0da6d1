"""glossator: from a pile of documents to a small language model that was proven to have learned them."""

__version__ = "0.1.0"
