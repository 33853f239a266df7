"""Publishing: a bundle becomes a version that model servers load, whole or not at all.

In the models folder lie:

- `<game>/<version>/`, the bundles;
- `models.config`, TensorFlow Serving's list of what to load, which every model server polls;
- `labels.json`, which version is `stable` and which `canary`, for the API alone. TensorFlow Serving
  applies labels before it loads what the same list adds, and refuses the list if a label moves to a
  version that is not loaded yet (`ServerCore::UpdateModelVersionLabelMap`);
- `versions.json`, the highest version number that each game has had.
"""

from training.publishing.store import (
    composing_version,
    promote,
    prune,
    publish,
    write_lists,
)
from training.publishing.versions import latest_version, published_games

__all__ = [
    "composing_version",
    "latest_version",
    "promote",
    "prune",
    "publish",
    "published_games",
    "write_lists",
]
