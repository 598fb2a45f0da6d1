"""Takes a recipe, leaves a quote: what a run would count, call, spend, hold and leave, before anything is spent."""

from glossator.pipeline.quote.plan import plan_recipe

__all__ = ["plan_recipe"]
