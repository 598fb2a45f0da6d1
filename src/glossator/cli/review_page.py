"""The page of `glossator review`: one sample at a time, its passage beside it, a key for each decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Label, Static, TextArea

from glossator.cli.review import status
from glossator.errors import GlossatorError

if TYPE_CHECKING:
    from glossator.curation.reviews import Action
    from glossator.pipeline.reviewing import Review, Reviewable
    from glossator.records import Sample


class EditScreen(ModalScreen[tuple[str, str] | None]):
    """Question and answer to be written anew; gives both, or None where nothing is to change.

    Args:
        question: as it is.
        answer: as it is.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save"),
        Binding("escape", "leave", "leave as it is"),
    ]

    def __init__(self, question: str, answer: str) -> None:
        super().__init__()
        self._question, self._answer = question, answer

    def compose(self) -> ComposeResult:
        """Lay out two boxes of text."""
        with Vertical(id="edit"):
            yield Label("Question")
            yield TextArea(self._question, id="question")
            yield Label("Answer")
            yield TextArea(self._answer, id="answer")
            yield Footer()

    def action_save(self) -> None:
        """Give what stands in the boxes."""
        boxes = [self.query_one(f"#{name}", TextArea).text for name in ("question", "answer")]
        self.dismiss((boxes[0], boxes[1]))

    def action_leave(self) -> None:
        """Give nothing."""
        self.dismiss(None)


class ReviewPage(App[None]):
    """Shows the samples of a review one by one and writes down what is decided.

    Args:
        review: the samples and the file of decisions.
        split: only this split; None for all.
        rejected: begin with what was left out instead of what was kept.
    """

    TITLE = "glossator review"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #head { height: auto; padding: 0 1; background: $panel; }
    #passage { width: 1fr; padding: 0 1; border: round $panel; }
    #pair { width: 1fr; padding: 0 1; border: round $panel; }
    #edit { width: 80%; height: 80%; padding: 1; background: $surface; border: round $accent; }
    EditScreen { align: center middle; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,right", "move(1)", "next"),
        Binding("p,left", "move(-1)", "previous"),
        Binding("d", "decide('drop')", "drop"),
        Binding("e", "edit", "edit"),
        Binding("a", "decide('admit')", "admit"),
        Binding("u", "decide('undo')", "undo"),
        Binding("r", "switch", "kept / rejected"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, review: Review, *, split: str | None = None, rejected: bool = False) -> None:
        super().__init__()
        self._review, self._split, self._rejected = review, split, rejected
        self._rows: list[Reviewable] = []
        self._at = 0

    def compose(self) -> ComposeResult:
        """Lay out the head, passage and pair side by side, and the keys."""
        yield Static(id="head")
        with Horizontal():
            yield VerticalScroll(Static(id="passage_text"), id="passage")
            yield VerticalScroll(Static(id="pair_text"), id="pair")
        yield Footer()

    def on_mount(self) -> None:
        """Show the first sample."""
        self._load()

    def action_move(self, steps: int) -> None:
        """Go on to another sample, as far as there is one."""
        self._at = min(max(self._at + steps, 0), max(len(self._rows) - 1, 0))
        self._show()

    def action_switch(self) -> None:
        """Go from what was kept to what was left out, or back."""
        self._rejected, self._at = not self._rejected, 0
        self._load()

    def action_decide(self, action: Action) -> None:
        """Write down a decision about the sample that is shown, and go on to the next one."""
        if not self._rows or (action == "admit" and self._rows[self._at].reject is None):
            return
        self._review.decide(self._rows[self._at].sample, action)
        self._read_again()
        self.action_move(0 if action == "undo" else 1)

    def action_edit(self) -> None:
        """Open the boxes in which question and answer are written anew."""
        if not self._rows:
            return
        row = self._rows[self._at]
        decided = row.decision
        question = (decided.question if decided else "") or row.sample.question
        answer = (decided.answer if decided else "") or row.sample.answer
        self.push_screen(EditScreen(question, answer), self._edited)

    def _edited(self, words: tuple[str, str] | None) -> None:
        if words is None:
            return
        try:
            self._review.decide(self._rows[self._at].sample, "edit", question=words[0], answer=words[1])
        except GlossatorError as error:
            self.notify(str(error), severity="warning")
            return
        self._read_again()
        self._show()

    def _load(self) -> None:
        self._rows = list(self._review.samples(split=self._split, rejected=self._rejected))
        self._show()

    def _read_again(self) -> None:
        self._rows[self._at] = self._review.with_decision(self._rows[self._at])

    def _show(self) -> None:
        if not self._rows:
            self.query_one("#head", Static).update("nothing to look at; r: kept / rejected, q: quit")
            self.query_one("#passage_text", Static).update("")
            self.query_one("#pair_text", Static).update("")
            return
        row = self._rows[self._at]
        sample = row.sample
        place = f"{self._at + 1} of {len(self._rows)} · {sample.split} · {sample.task} · {status(row)} · {sample.id}"
        self.query_one("#head", Static).update(Text(place))
        self.query_one("#passage_text", Static).update(_passage(row))
        self.query_one("#pair_text", Static).update(_pair(row))
        self.query_one("#passage", VerticalScroll).scroll_home(animate=False)


def _passage(row: Reviewable) -> Text:
    """The sample's passages with its evidence marked; text of documents is never markup."""
    shown = Text("\n".join(row.titles) + "\n\n", style="bold") if row.titles else Text()
    shown.append("\n\n⁂\n\n".join(row.passages) or "(came without a passage)", style="not bold")
    for span in row.sample.evidence:
        at = shown.plain.find(span.text)
        if at >= 0 and span.text:
            shown.stylize("reverse", at, at + len(span.text))
    return shown


def _earlier_turns(sample: Sample) -> str:
    """What was asked and answered before, in a conversation of several turns; empty otherwise."""
    turns = [turn for turn in sample.messages[:-2] if turn.role != "system"]
    return "\n".join(f"{turn.role}: {turn.content.rsplit('Question: ', 1)[-1]}" for turn in turns)


def _pair(row: Reviewable) -> Text:
    decided, sample = row.decision, row.sample
    edit = decided if decided and decided.action == "edit" else None
    shown = Text()
    for label, text in (
        ("Before", _earlier_turns(sample)),
        ("Question", (edit.question if edit else "") or sample.question),
        ("Answer", (edit.answer if edit else "") or sample.answer),
        ("Worse answer", sample.rejected),
        ("Why it was left out", f"{row.reject.reason}: {row.reject.detail}" if row.reject else ""),
        ("Verdicts", "\n".join(f"{name}: {said}" for name, said in sample.origin.verdicts.items())),
    ):
        if text:
            shown.append(f"{label}\n", style="bold").append(f"{text}\n\n")
    return shown
