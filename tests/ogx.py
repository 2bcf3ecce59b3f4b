"""ogx, a server of Responses and Conversations that others wrote, with the sandbox's model behind it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import chat_server
from tests.servers import FOLDER, free_port, python_of, running

MODELS = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4o-2024-08-06")
_PACKAGES = ("ogx==1.5.0", "aiosqlite", "chardet", "pypdf", "faiss-cpu", "markitdown")
_ENCODINGS = "llama-index-core==0.14.25"
"""A wheel that has tiktoken's tables, which ogx would fetch from the network."""


@contextmanager
def ogx(folder: Path) -> Iterator[str]:
    """Its URL while the block runs; everything that it keeps lies in `folder`."""
    python = python_of("ogx", *_PACKAGES)
    encodings = _encodings(python)
    port, chat = free_port(), free_port()
    (folder / "ogx.yaml").write_text(json.dumps(_configuration(folder, port, f"http://127.0.0.1:{chat}/v1")))
    (folder / "chat").mkdir()
    command = [sys.executable, chat_server.__file__, str(chat)]
    with running(command, f"http://127.0.0.1:{chat}/v1", folder / "chat"):
        command = [str(python.parent / "ogx"), "run", str(folder / "ogx.yaml"), "--insecure"]
        quiet = {"TIKTOKEN_CACHE_DIR": str(encodings), "OTEL_SDK_DISABLED": "true"}
        with running(command, f"http://127.0.0.1:{port}/v1", folder, **quiet) as url:
            yield url


def _encodings(python: Path) -> Path:
    target = FOLDER / "encodings"
    inner = target / "llama_index" / "core" / "_static" / "tiktoken_cache"
    if not inner.exists():
        pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, _ENCODINGS]
        subprocess.run(pip, check=True, timeout=300)
    return inner


def _configuration(folder: Path, port: int, chat: str) -> dict[str, Any]:
    """Its settings, as JSON, which is YAML; models are known by their own names, without the provider's."""

    def table(name: str) -> dict[str, Any]:
        return {"table_name": name, "backend": "sql_default"}

    queued = {"max_write_queue_size": 10000, "num_writers": 1}
    faiss = {"namespace": "vector_io::faiss", "backend": "kv_default"}
    builtin = {
        "persistence": {"responses": {**table("responses"), **queued}},
        "memory_config": {"default_vector_store_provider_id": "faiss"},
    }
    localfs = {"storage_dir": str(folder / "files"), "metadata_store": table("files_metadata")}
    providers = {
        "inference": ("fake", "remote::openai", {"api_key": "sk-fake", "base_url": chat}),
        "responses": ("builtin", "inline::builtin", builtin),
        "files": ("builtin-files", "inline::localfs", localfs),
        "file_processors": ("auto", "inline::auto", {}),
        "vector_io": ("faiss", "inline::faiss", {"persistence": faiss}),
        "tool_runtime": ("file-search", "inline::file-search", {}),
    }
    own = {"provider_id": "fake", "metadata": {"_unprefixed_alias": True}}
    search = {"model_id": "text-embedding-3-small", "model_type": "embedding", "provider_id": "fake"}
    return {
        "version": 2,
        "distro_name": "mini",
        "apis": list(providers),
        "providers": {
            api: [{"provider_id": name, "provider_type": kind, "config": config}]
            for api, (name, kind, config) in providers.items()
        },
        "storage": {
            "backends": {
                "kv_default": {"type": "kv_sqlite", "db_path": str(folder / "kvstore.db")},
                "sql_default": {"type": "sql_sqlite", "db_path": str(folder / "sql_store.db")},
            },
            "stores": {
                "metadata": {"namespace": "registry", "backend": "kv_default"},
                "inference": {**table("inference_store"), **queued, "enabled": True},
                "conversations": table("openai_conversations"),
                "prompts": table("prompts"),
                "connectors": table("connectors"),
            },
        },
        "registered_resources": {
            "models": [
                *({"model_id": name, "provider_model_id": name, **own} for name in MODELS),
                {**search, "metadata": {"embedding_dimension": chat_server.SIZE}},
            ],
            "vector_stores": [],
        },
        "vector_stores": {
            "default_provider_id": "faiss",
            "default_embedding_model": {"provider_id": "fake", "model_id": "text-embedding-3-small"},
        },
        "server": {"host": "127.0.0.1", "port": port},
    }
