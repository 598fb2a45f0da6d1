"""Takes a sentence and its clause, leaves candidate questions: one kind of pattern a file."""

from glossator.synthesis.teachers.patterns.candidate import Candidate

__all__ = ["Candidate"]
