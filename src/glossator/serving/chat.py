"""Takes lines from a terminal, leaves answers with their sources on it."""

from __future__ import annotations

import re
from collections.abc import Callable

from glossator.errors import GlossatorError
from glossator.serving.answering import Answerer
from glossator.serving.answers import Answer, Citation

_HELP = """\
Write a question and press Enter. Each question stands alone: the model was taught single questions and answers,
so it knows nothing of the ones before; say again what "it" is.
  /sources           the passages behind the last answer
  /model [NAME]      ask another model; without a name, list them
  /retrieval on|off  look for passages or not
  /help              this text
  /quit              end (so does end of input)"""

# C0 and C1 controls except line feed and tab, and marks that turn the direction of writing.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Replace every character that could steer a terminal by one that shows it was there; line ends and tabs stay."""

    def shown(match: re.Match[str]) -> str:
        code = ord(match[0])
        return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"

    plain = text.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub(shown, plain)


def chat_loop(
    answerer: Answerer,
    read_line: Callable[[], str],
    write: Callable[[str], None],
    *,
    k: int = 3,
    timeout_seconds: float = 60.0,
) -> None:
    """Answer questions line by line until the input ends or says `/quit`.

    Args:
        answerer: answers them; it is not closed here.
        read_line: gives the next line, and raises EOFError when there is none; such as `lambda: input("> ")`.
        write: takes text of one or more lines, free of control characters.
        k: how many passages are looked for.
        timeout_seconds: how long an answer may take.
    """
    chat = _Chat(answerer, write, k=k, timeout_seconds=timeout_seconds)
    write(f"{answerer.default} answers. /help tells what else there is.")
    while True:
        try:
            line = read_line().strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line == "/quit":
            return
        try:
            chat.take(line)
        except KeyboardInterrupt:
            write("stopped")
        except GlossatorError as error:
            write(harmless(f"error: {error}"))


class _Chat:
    """What is set between the lines of a terminal."""

    def __init__(self, answerer: Answerer, write: Callable[[str], None], *, k: int, timeout_seconds: float) -> None:
        self._answerer = answerer
        self._write = write
        self._k = k
        self._timeout_seconds = timeout_seconds
        self._model = answerer.default
        self._retrieval: bool | None = None
        self._last: Answer | None = None

    def take(self, line: str) -> None:
        """Do what a line says."""
        if not line.startswith("/"):
            self._ask(line)
            return
        command, _, argument = line.partition(" ")
        commands = {"/sources": self._show_sources, "/model": self._choose, "/retrieval": self._switch}
        if command == "/help":
            self._write(_HELP)
        elif command in commands:
            commands[command](argument.strip())
        else:
            self._write(harmless(f"error: there is no {command}; /help lists the commands"))

    def _ask(self, question: str) -> None:
        self._last = None
        answer = self._answerer.ask(
            question, model=self._model, retrieval=self._retrieval, k=self._k, timeout_seconds=self._timeout_seconds
        )
        self._last = answer
        self._write(harmless(answer.text) or "(no answer)")
        for citation in answer.citations:
            self._write(f"  {_source(citation)}")
        if answer.trimmed:
            self._write("  (the passages were too long for the model and were cut)")

    def _show_sources(self, _: str) -> None:
        if self._last is None or not self._last.citations:
            self._write("there are no passages: nothing was asked yet, or nothing was looked for or found")
            return
        for citation in self._last.citations:
            self._write(f"{_source(citation)}\n{harmless(citation.text)}\n")

    def _choose(self, name: str) -> None:
        served = {model.name: model for model in self._answerer.models}
        if name in served:
            self._model = name
            self._write(f"{harmless(name)} answers")
            return
        if name:
            self._write(harmless(f"error: model {name!r} is not served; use one of {', '.join(served)}"))
            return
        for model in served.values():
            mark = "*" if model.name == self._model else " "
            self._write(harmless(f"{mark} {model.name}  {model.description}"))

    def _switch(self, choice: str) -> None:
        if choice not in ("on", "off"):
            self._write("error: say /retrieval on or /retrieval off")
        elif choice == "on" and not self._answerer.has_index:
            self._write("error: there is no index to look for passages in")
        else:
            self._retrieval = choice == "on"
            self._write(f"retrieval is {choice}")


def _source(citation: Citation) -> str:
    """One line for a passage: number, title, headings, pages, and whether the model saw it."""
    pages = f"p. {citation.page_first}"
    if citation.page_last != citation.page_first:
        pages = f"pp. {citation.page_first}–{citation.page_last}"
    place = " › ".join((citation.title or citation.source_id, *citation.heading_path))
    seen = "" if citation.used else " (not shown to the model)"
    return harmless(f"[{citation.number}] {' '.join(place.split())}, {pages}{seen}")
