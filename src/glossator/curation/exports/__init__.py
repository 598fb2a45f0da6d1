"""Takes curated samples, leaves them as other programs read them: one file a format, told apart by `kind`."""

from glossator.curation.exports.writing import DEFAULT_SPLITS, KINDS, Exported, export_samples

__all__ = ["DEFAULT_SPLITS", "KINDS", "Exported", "export_samples"]
