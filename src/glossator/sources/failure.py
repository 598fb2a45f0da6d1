"""Why a URL gave nothing, on its way from where it shows to where it is put on record."""

from __future__ import annotations


class Failure(Exception):
    """Why a URL gave nothing: the fields of `fetched.Fetched`, and whether to try again now."""

    def __init__(
        self,
        problem: str,
        detail: str,
        *,
        transient: bool = False,
        retry: bool | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem, self.detail, self.status = problem, detail, status
        self.transient = transient
        self.retry = transient if retry is None else retry
        self.retry_after: float | None = None
        self.url = ""
        """Of the hop that failed, secrets hidden."""
        self.host = ""
