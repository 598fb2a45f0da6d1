"""Who writes, and who looks at pictures: one model a kind of teacher."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from glossator.recipe.section import Provider, Section, kind_or


class ExtractiveTeacherSection(Section):
    """A teacher that needs no model: it quotes."""

    kind: Literal["extractive"] = "extractive"


class ChatTeacherSection(Section):
    """A chat model behind an OpenAI-compatible endpoint."""

    kind: Literal["chat"]
    model: str = Field(min_length=1, description="The model's name, as the endpoint knows it.")
    provider: Provider | None = Field(None, description="A preset endpoint; or give base_url.")
    base_url: str | None = Field(None, description="An endpoint of your own, such as http://127.0.0.1:8001/v1.")
    key_variable: str | None = Field(
        None, description="The environment variable that holds the key; the provider's own if left out."
    )
    temperature: float = Field(0.0, ge=0, le=2, description="0 is greedy.")
    max_new_tokens: int = Field(1024, ge=16, description="Longest reply in tokens.")
    concurrency: int = Field(8, ge=1, le=512, description="Calls in flight.")
    timeout_seconds: float = Field(120, gt=0, description="A call that takes longer is tried again.")
    attempts: int = Field(6, ge=1, le=20, description="Tries of a call that a busy or broken server did not answer.")

    @model_validator(mode="after")
    def _one_endpoint(self) -> ChatTeacherSection:
        if (self.provider is None) == (self.base_url is None):
            given = "neither provider nor base_url is" if self.provider is None else "both provider and base_url are"
            raise ValueError(f"{given} given; give one of them")
        return self


TeacherSection = Annotated[
    Annotated[ExtractiveTeacherSection, Tag("extractive")] | Annotated[ChatTeacherSection, Tag("chat")],
    Discriminator(kind_or("extractive")),
]
"""Who writes questions and answers; `kind` is a file of `glossator/synthesis/teachers`."""
