"""`python -m training` with the recipe `small`, for tests that need any training."""

import os
import runpy
from pathlib import Path

from training import recipe

os.environ["RECIPE"] = "small"
# A small step takes less time than its optimisation (tests/conftest.py).
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0"
recipe.RECIPES = Path(__file__).with_name("recipes")
runpy.run_module("training", run_name="__main__")
