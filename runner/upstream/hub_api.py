"""What is used of huggingface_hub beyond what it documents, behind names of ours."""

from pathlib import Path

from runner.upstream.interface import Interface

_FOLDER_NAME = Interface(
    "huggingface_hub",
    "0.34.0 to 2.4.0",
    "huggingface_hub.file_download",
    "repo_folder_name",
    ("repo_id", "repo_type"),
)


def cached_repo(repo: str) -> Path:
    """Give the folder of a model repository in the hub's cache; it may not be there yet.

    Args:
        repo: The repository, ``org/name``.

    Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
    """
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / _FOLDER_NAME.get()(repo_id=repo, repo_type="model")
