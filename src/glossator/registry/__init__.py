"""Takes a chosen adapter with all that shapes its answers, leaves a version that can be trusted.

`<registry>/<name>/vX.Y/` holds the adapter, the tokenizer, the answer styles, the figures, the model card and the
record of what it was made from; its manifest is written last. `<registry>/<name>/latest` says which one is served.
"""

from glossator.registry.catalog import Listed, Version, list_versions, open_version
from glossator.registry.local import promote, register, rollback
from glossator.registry.record import (
    BaseModel,
    Difference,
    PromptForm,
    Registration,
    Submission,
    TunedModel,
    Verdict,
    read_registration,
)
from glossator.registry.verify import verify
from glossator.registry.versions import VersionNumber, model_name

__all__ = [
    "BaseModel",
    "Difference",
    "Listed",
    "PromptForm",
    "Registration",
    "Submission",
    "TunedModel",
    "Verdict",
    "Version",
    "VersionNumber",
    "list_versions",
    "model_name",
    "open_version",
    "promote",
    "read_registration",
    "register",
    "rollback",
    "verify",
]
