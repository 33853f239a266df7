"""`python -m training` with the recipe `small`, for tests that need any training."""

import os
import runpy
from pathlib import Path

from training import recipe

os.environ["RECIPE"] = "small"
recipe.RECIPES = Path(__file__).with_name("recipes")
runpy.run_module("training", run_name="__main__")
