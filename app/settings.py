"""Settings: environment variables with the prefix VIADUC_, nothing else (docs/operators.md lists them all)."""

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything an operator can set. Defaults run the whole service on one machine."""

    model_config = SettingsConfigDict(env_prefix="VIADUC_", extra="ignore")

    database_url: str | None = Field(
        default=None, description="PostgreSQL ≥ 15 with pgvector ≥ 0.8; absent: an embedded server in the data folder"
    )
    data_dir: Path = Field(default=Path(".viaduc"), description="Embedded database, model and logs")
    embedding_model: str | None = Field(
        default=None,
        description="Any sentence-transformers model or folder; absent: multilingual-e5-small from packages",
    )
    threads: int = Field(default=2, ge=1, le=64, description="Threads of the encoder")
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8000, ge=1, le=65535)
    local_admin: bool = Field(
        default=False,
        description="Who asks from this machine itself, with no proxy between, needs no key; `viaduc demo` sets it",
    )
    open_directory: bool = Field(default=False, description="Matching, searching and reading profiles need no key")
    max_body_mb: int = Field(default=20, ge=1, le=1000, description="Largest request body, in MiB")
    embed_in_service: bool = Field(
        default=True,
        description="Drain the embedding backlog inside the service; off when `viaduc worker` runs beside it",
    )
    embed_batch: int = Field(default=32, ge=1, le=1000, description="Passages encoded per batch")
    plan_seconds: float = Field(default=60, gt=0, le=600, description="Longest solver time a request may ask for")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")


@cache
def get_settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
