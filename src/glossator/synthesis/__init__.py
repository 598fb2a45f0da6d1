"""Takes chunks, leaves samples."""

from glossator.synthesis.synthesize import synthesize
from glossator.synthesis.tasks import Task, load_task, task_names
from glossator.synthesis.teachers import Draft, Teacher, open_teacher

__all__ = ["Draft", "Task", "Teacher", "load_task", "open_teacher", "synthesize", "task_names"]
