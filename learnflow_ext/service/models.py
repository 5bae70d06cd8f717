"""The language model of a deployment, from its settings; the key stays on the service's side."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from learnflow_ext.agents.llm.model import Endpoint, Model
from learnflow_ext.settings import LearnFlowModel


def open_model(settings: LearnFlowModel) -> Model | None:
    """The model; None when none is set. Blocks: call it off the event loop.

    ValueError for settings that cannot work, OSError for a key file that cannot be read.
    """
    if not settings.base_url:
        return None
    address = urlsplit(settings.base_url)
    if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
        raise ValueError(
            "LearnFlowModel.base_url must be an http or https address without a user, password or query, "
            f"such as http://127.0.0.1:8080/v1. It is {settings.base_url[:100]!r}."
        )
    if not settings.model:
        raise ValueError("LearnFlowModel.model names no model, and base_url is set.")
    key = (
        Path(settings.api_key_file).read_text(encoding="utf-8").strip()
        if settings.api_key_file
        else os.environ.get(settings.api_key_env, "")
    )
    return Model(
        Endpoint(
            base_url=settings.base_url,
            model=settings.model,
            api_key=key,
            agent_models=dict(settings.agent_models),
            first_seconds=settings.first_seconds,
            all_seconds=settings.all_seconds,
            retries=settings.retries,
            max_tokens=settings.max_tokens,
            context_tokens=settings.context_tokens,
            failures=settings.failures,
            rest_seconds=settings.rest_seconds,
            price_in=settings.price_in,
            price_out=settings.price_out,
        )
    )
