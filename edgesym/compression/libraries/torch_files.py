"""Files of weights, as the libraries write them, and how many of their bytes are tensors."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import torch

from edgesym.files.read import opened

__all__ = ["safetensors_bytes", "saved", "torch_bytes"]


def saved(module: Any, folder: Path, *, plain: bool) -> tuple[Path, str, int]:
    """The file of a module's weights, its kind, and the bytes of its tensors.

    Args:
        plain: whether its tensors are ordinary ones, which safetensors can hold.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if plain:
        from safetensors.torch import save_model

        path = folder / "model.safetensors"
        save_model(module, str(path))
        return path, "safetensors", safetensors_bytes(path)
    path = folder / "model_state.pt"
    torch.save(module.state_dict(), path)
    return path, "torch.save", torch_bytes(path)


def safetensors_bytes(path: Path) -> int:
    """Bytes of the tensors: all but the header and the 8 bytes that give its length."""
    with opened(path) as file:
        (header,) = struct.unpack("<Q", file.read(8))
    return path.stat().st_size - 8 - int(header)


def torch_bytes(path: Path) -> int:
    """Bytes of the storages of a torch.save file, a zip archive with one record a storage."""
    with zipfile.ZipFile(path) as archive:
        return sum(i.file_size for i in archive.infolist() if i.filename.split("/")[1] == "data")
