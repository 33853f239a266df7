"""The errors of training.

TrainingError
├── SettingsError          an environment variable is invalid
├── RecipeError            a field of a recipe is missing, unknown or invalid
├── CollectionError        a collection is unknown or has too little music
├── FetchError             pieces cannot be downloaded (training/fetching/errors.py)
├── FittingError           a network cannot be fitted
├── CheckpointError        an interrupted training cannot be resumed, or another one is running
├── WritingError           a file cannot be written
└── ExportError            a bundle cannot be written
"""


class TrainingError(Exception):
    """The base of all errors that end a training; the message is for its user."""


class SettingsError(TrainingError):
    """An environment variable is invalid; the message says which, and what would be valid."""


class RecipeError(TrainingError):
    """A recipe is unknown or malformed; the message names the field."""


class CollectionError(TrainingError):
    """A collection is unknown or has too little music to learn from."""


class FittingError(TrainingError):
    """A network cannot be fitted."""


class CheckpointError(TrainingError):
    """An interrupted training cannot be resumed, or another one is running."""


class WritingError(TrainingError):
    """A file cannot be written; the message says which and why."""


class ExportError(TrainingError):
    """A bundle cannot be written or published."""
