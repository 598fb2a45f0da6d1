"""Takes chunks, leaves samples."""

from glossator.synthesis.materials import Material, make_materials, spread
from glossator.synthesis.synthesize import synthesize
from glossator.synthesis.tasks import Task, load_task, task_names
from glossator.synthesis.teachers import Draft, Refused, Teacher, open_teacher

__all__ = [
    "Draft",
    "Material",
    "Refused",
    "Task",
    "Teacher",
    "load_task",
    "make_materials",
    "open_teacher",
    "spread",
    "synthesize",
    "task_names",
]
