"""Takes records, leaves directories of them that exist whole or not at all.

An artifact is a directory `<stage>-<fingerprint>` with its records and a `manifest.json` that is written last:
no manifest, not done. While a stage works, its directory carries the suffix `.partial`.
"""

from glossator.artifacts.atomic import write_bytes, write_json, write_text
from glossator.artifacts.directory import Artifact, Draft, Manifest, file_sha256, find_artifact, open_artifact
from glossator.artifacts.fingerprint import canonical_json, fingerprint
from glossator.artifacts.jsonl import AppendLog, read_numbered_jsonl, read_records, write_records
from glossator.artifacts.parquet import iterate_table, read_table, write_table

__all__ = [
    "AppendLog",
    "Artifact",
    "Draft",
    "Manifest",
    "canonical_json",
    "file_sha256",
    "find_artifact",
    "fingerprint",
    "iterate_table",
    "open_artifact",
    "read_numbered_jsonl",
    "read_records",
    "read_table",
    "write_bytes",
    "write_json",
    "write_records",
    "write_table",
    "write_text",
]
