"""Figures for what cannot be looked at before it is there; each is named as typical wherever it is used."""

from __future__ import annotations

from glossator.pipeline.quote.ranges import Range

PAGES = {"pdf": Range(8, 24), "abstracts": Range(1, 1), "html": Range(1, 1)}
"""Pages of a paper, an abstract, a web page."""
TOKENS = {"pdf": Range(5_000, 16_000), "abstracts": Range(180, 380), "html": Range(600, 3_000)}
"""Tokens of running text in one."""
FILL = Range(0.45, 0.85)
"""How full chunks are, as a share of `parsing.max_tokens`."""
PARSE_SECONDS_A_PAGE = Range(0.03, 0.3)
FIGURES = {"pdf": Range(2, 10), "abstracts": Range(0, 0), "html": Range(0, 0)}

QUESTION_CHARACTERS = Range(60, 130)
ANSWER_CHARACTERS = Range(70, 220)
EVIDENCE_CHARACTERS = Range(90, 220)
"""Of one pair, as chat models write them for the packaged tasks."""
FIELD_CHARACTERS = Range(200, 700)
"""Of one field of a persona's reply."""
PAIR_SHARE = Range(0.5, 1.0)
"""How many of the pairs that a reply may hold it does hold."""
ACCEPTED = Range(0.6, 1.0)
"""Share of a chat teacher's pairs that pass its checks."""
CURATED = Range(0.7, 1.0)
"""Share of samples that curation keeps."""
TOKENIZERS = Range(0.85, 1.15)
"""How many tokens another tokenizer makes of the student's one."""
TURN_TOKENS = Range(3, 8)
"""What a chat template adds to a turn."""
FIGURE_PROMPT_TOKENS = Range(400, 1_200)
"""Of a question about a figure: the task's words and the caption."""
IMAGE_TOKENS = Range(250, 1_600)
"""Of one figure, as vision models count it."""
DESCRIPTION_TOKENS = Range(80, 250)
VERDICT_TOKENS = Range(40, 150)
JUDGE_PROMPT_TOKENS = Range(700, 1_300)
"""Of a judge's instructions and style, without passage, question and answer."""

LATENCY_SECONDS = Range(0.4, 2.0)
TOKENS_A_SECOND = Range(30, 120)
"""Of a hosted chat model: until its first token, and from then on."""
RETRIES = Range(1.0, 1.1)
"""Calls for each conversation, those repeated for a busy server included."""

EMBED_CHUNKS_A_SECOND = Range(10, 60)
START_SECONDS = Range(3, 12)
"""Loading the libraries and the model of one stage of finetuning."""
EXTRACT_SECONDS_A_CHUNK = Range(0.0005, 0.01)
ANSWER_TOKENS_SHARE = Range(0.1, 0.6)
"""How much of `evaluation.max_new_tokens` an answer uses."""
CALCULATION_SHARE = {"cpu": Range(0.4, 1.2), "cuda": Range(0.05, 0.5)}
"""How much training calculates, as a share of one large product of matrices (on a CPU of one in 32 bits): measured on
the embedded model on a CPU, 0.63 to 1.0."""
ANSWERING_SHARE = {"cpu": Range(0.02, 0.5), "cuda": Range(0.002, 0.1)}
"""The same for answering, token by token."""
MEMORY_ERROR = {"cpu": 0.15, "cuda": 0.5}
"""By how much the memory formula may be off, as a share: measured on a CPU (docs/plan.md), assumed on a GPU."""
