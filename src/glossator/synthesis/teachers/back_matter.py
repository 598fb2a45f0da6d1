"""Knows the sections that say who paid and who helped: nothing a reader of the subject would ask."""

from __future__ import annotations

import re

from glossator.records import Chunk

_BACK_MATTER = re.compile(
    r"(?:[\d.]+ )?(?:acknowledge?ments?|references|bibliography|funding|author contributions?|contributions?|"
    r"conflicts? of interest|declarations?|disclosures?)\b",
    re.IGNORECASE,
)


def is_back_matter(chunk: Chunk) -> bool:
    """Whether a chunk stands under such a heading."""
    return any(_BACK_MATTER.match(heading) for heading in chunk.heading_path)
