"""Who writes, and who looks at pictures: one model a kind of teacher."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from glossator.recipe.section import Provider, Section, kind_or


class ExtractiveTeacherSection(Section):
    """A teacher that needs no model: it quotes."""

    kind: Literal["extractive"] = "extractive"


class PriceSection(Section):
    """What a model's tokens cost, where the table of prices does not know it or knows it no longer."""

    usd_in: float = Field(ge=0, description="US dollars for a million tokens of prompts.")
    usd_out: float = Field(ge=0, description="US dollars for a million tokens of replies.")


class EndpointSection(Section):
    """A chat model behind an OpenAI-compatible endpoint, and how hard it may be asked."""

    kind: Literal["chat"]
    model: str = Field(min_length=1, description="The model's name, as the endpoint knows it.")
    provider: Provider | None = Field(None, description="A preset endpoint; or give base_url.")
    base_url: str | None = Field(None, description="An endpoint of your own, such as http://127.0.0.1:8001/v1.")
    key_variable: str | None = Field(
        None, description="The environment variable that holds the key; the provider's own if left out."
    )
    temperature: float = Field(0.0, ge=0, le=2, description="0 is greedy.")
    max_new_tokens: int = Field(1024, ge=16, description="Longest reply in tokens.")
    concurrency: int = Field(8, ge=1, le=512, description="Most calls in flight; fewer while the server is busy.")
    requests_per_minute: int | None = Field(None, ge=1, description="The endpoint's limit, if you know it.")
    tokens_per_minute: int | None = Field(None, ge=1, description="The endpoint's limit, prompts and replies together.")
    price: PriceSection | None = Field(None, description="What tokens cost; the table of prices if left out.")
    timeout_seconds: float = Field(120, gt=0, description="A call that takes longer is tried again.")
    attempts: int = Field(6, ge=1, le=20, description="Tries of a call that a busy or broken server did not answer.")

    @model_validator(mode="after")
    def _one_endpoint(self) -> EndpointSection:
        if (self.provider is None) == (self.base_url is None):
            given = "neither provider nor base_url is" if self.provider is None else "both provider and base_url are"
            raise ValueError(f"{given} given; give one of them")
        return self


class ChatTeacherSection(EndpointSection):
    """A chat model behind an OpenAI-compatible endpoint that writes, or looks at figures."""


class LocalTeacherSection(Section):
    """A model of transformers in this process."""

    kind: Literal["local"]
    model: str = Field("embedded", min_length=1, description="`embedded`, or a folder with a model.")
    adapter: str | None = Field(None, min_length=1, description="A folder with a LoRA adapter for it.")
    quantization: Literal["nf4", "int8", "none"] = Field("none", description="How its weights are held.")
    bf16: bool = Field(default=True, description="Compute in bfloat16; false: in 32 bits.")
    batch_size: int = Field(8, ge=1, description="Passages answered at once; those of like length together.")
    temperature: float = Field(0.0, ge=0, le=2, description="0 is greedy.")
    max_new_tokens: int = Field(512, ge=16, description="Longest reply in tokens.")


TeacherSection = Annotated[
    Annotated[ExtractiveTeacherSection, Tag("extractive")]
    | Annotated[ChatTeacherSection, Tag("chat")]
    | Annotated[LocalTeacherSection, Tag("local")],
    Discriminator(kind_or("extractive")),
]
"""Who writes questions and answers; `kind` is a file of `glossator/synthesis/teachers`."""
