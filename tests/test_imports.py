"""Who may import whom, and what must stay light."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "transformers", "datasets", "pyspark", "faiss", "vllm", "gradio", "pyarrow", "numpy", "matplotlib")
LIGHT = (
    "recipe",
    "records",
    "errors",
    "artifacts",
    "lineage",
    "cli",
    "pipeline",
    "evaluation",
    "curation",
    "llm",
    "training",
    "parsing",
    "sources",
    "synthesis",
    "retrieval",
    "registry",
    "serving",
)


@pytest.mark.parametrize("module", LIGHT)
def test_importing_a_light_module_loads_nothing_heavy(module: str):
    code = f"import sys, glossator.{module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.strip() == "[]"


def test_rooms_import_only_what_lies_below_them():
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_help_is_shown_without_reading_recipes_or_models():
    code = """
import sys
import glossator.cli
sys.argv = ["glossator", "--help"]
try:
    glossator.cli.main()
except SystemExit:
    print([name for name in ("pydantic", "yaml", "torch") if name in sys.modules], file=sys.stderr)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "glossator [OPTIONS] COMMAND" in shown.stdout
    assert shown.stderr.strip() == "[]"
