"""Takes what was fetched, leaves documents and rejects; and tells when so much failed that it should be run again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from glossator.errors import SourceError
from glossator.records import Document, JsonValue, Reject, content_id
from glossator.sources.contents import read_contents
from glossator.sources.fetched import PDF, Fetched, Watcher
from glossator.sources.shortfall import Shortfall


class Harvest:
    """What one source has fetched so far.

    Args:
        kind: the kind of source, for origins and messages.
        license: of what is fetched, as the user tells it.
        watch: is told what failed for now.
    """

    def __init__(
        self,
        kind: str,
        license: str | None,  # noqa: A002 - the record's own name
        watch: Watcher | None = None,
    ) -> None:
        self._kind, self._license, self._watch = kind, license, watch
        self._documents: dict[str, Document] = {}
        self._rejects: list[Reject] = []
        self._wanted = 0
        self._shortfall = Shortfall()

    def add(self, fetched: Fetched, *, title: str = "", metadata: Mapping[str, JsonValue] | None = None) -> None:
        """Take in what became of one URL; of the same bytes from two, the first one's title and metadata count.

        Args:
            fetched: the outcome.
            title: as the source tells it; otherwise the file's own is used, and at last its name in the URL.
            metadata: what the source told besides.
        """
        self._wanted += 1
        self._shortfall.add(fetched)
        if fetched.problem:
            self._rejects.append(self._reject(fetched))
            return
        document = self._document(fetched, title, metadata or {})
        known = self._documents.get(document.id)
        if known is not None:
            both = {**document.metadata, **known.metadata}
            document = dataclasses.replace(known, origins=(*known.origins, *document.origins), metadata=both)
        self._documents[document.id] = document

    def leave(self) -> Iterator[Document | Reject]:
        """Yield all documents, then all rejects; the same bytes from several URLs are one document.

        Raises:
            SourceError: more than half of what was wanted failed for reasons that may pass.
        """
        if self._shortfall.is_too_much(self._wanted):
            raise SourceError(
                f"{self._kind}: {self._shortfall.total} of {self._wanted} could not be fetched for now"
                f" ({self._shortfall.reasons}); what came is kept, run again to go on"
            )
        self._shortfall.tell(self._wanted, self._watch)
        yield from self._documents.values()
        yield from self._rejects

    def _document(self, fetched: Fetched, title: str, metadata: Mapping[str, JsonValue]) -> Document:
        own = {
            "bytes": fetched.bytes,
            "final_url": fetched.final_url,
            "status": fetched.status,
            "fetched_at": fetched.fetched_at,
        }
        charset = {"charset": fetched.charset} if fetched.charset and fetched.media_type != PDF else {}
        if not title and fetched.media_type != PDF:
            title = read_contents(Path(fetched.path)).heading
        return Document(
            id=fetched.id,
            source_id=fetched.url,
            origins=(f"{self._kind}:{fetched.url}",),
            title=title or name_in(fetched.final_url),
            media_type=fetched.media_type,
            path=str(Path(fetched.path).resolve()),
            license=self._license,
            metadata={**own, **charset, **metadata},
        )

    def _reject(self, fetched: Fetched) -> Reject:
        led = f" (led to {fetched.final_url})" if fetched.final_url != fetched.url else ""
        detail = f"{fetched.url}{led}: {fetched.detail}"
        return Reject(content_id(self._kind, fetched.url), "collect", fetched.problem, detail)


def name_in(url: str) -> str:
    """Take a URL, leave the name of its file without the ending, or its host; fit for a title."""
    parts = urlsplit(url)
    stem = PurePosixPath(unquote(parts.path, errors="replace")).stem
    return " ".join("".join(c if c.isprintable() else " " for c in stem).split()) or parts.netloc
