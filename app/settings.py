"""Settings: environment variables with the prefix VIADUC_, nothing else (docs/operators.md lists them all)."""

from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
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
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+[^\s]*$",
        description="Address under which people reach the service; letters and QR codes carry it",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1", description="Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed"
    )
    cors_origins: str = Field(
        default="", description="Origins whose pages may call the API with a key, separated by commas; * for any"
    )
    rate_key: int = Field(default=6000, ge=1, le=10**9, description="Requests a minute of one key or person")
    rate_address: int = Field(
        default=3000, ge=1, le=10**9, description="Requests a minute of one address that says nothing of itself"
    )
    rate_sign_in: int = Field(default=10, ge=1, le=10**6, description="Tries to sign in a minute of one address")
    session_idle_hours: float = Field(default=12, gt=0, le=24 * 31, description="A sign-in that is not used ends")
    session_days: float = Field(default=7, gt=0, le=366, description="Every sign-in ends")
    smtp_host: str | None = Field(default=None, description="Server that takes letters; absent: none are sent")
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: str = Field(default="starttls", pattern="^(starttls|tls|none)$")
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str | None = Field(default=None, description="Sender of letters")
    oidc_issuer: str | None = Field(default=None, description="OpenID Connect provider; absent: none")
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = Field(default="OpenID Connect", max_length=60, description="What the sign-in button says")
    oidc_role_claim: str | None = Field(
        default=None, description="Claim that names roles, such as groups; absent: only people whose e-mail is known"
    )
    oidc_admin_value: str = Field(default="viaduc-admin", description="Value of the claim that makes an admin")
    oidc_reader_value: str = Field(default="viaduc-reader", description="Value of the claim that makes a reader")
    max_body_mb: int = Field(default=20, ge=1, le=1000, description="Largest request body, in MiB")
    import_urls: str = Field(
        default="",
        description="Hosts that maps may be fetched from, such as `data.europa.eu, *.example.org`; empty: none",
    )
    import_url_seconds: float = Field(default=60, gt=0, le=600, description="Longest time a fetched file may take")
    embed_in_service: bool = Field(
        default=True,
        description="Drain the embedding backlog inside the service; off when `viaduc worker` runs beside it",
    )
    embed_batch: int = Field(default=32, ge=1, le=1000, description="Passages encoded per batch")
    processes: int = Field(default=1, ge=1, le=16, description="Processes that answer; each has a model of its own")
    memory_mb: int | None = Field(
        default=None,
        ge=512,
        description="Most memory of a working process, in MiB; absent: its share of the container's, else no limit",
    )
    plan_seconds: float = Field(default=60, gt=0, le=600, description="Longest solver time a request may ask for")
    plans_at_once: int = Field(default=2, ge=1, le=16, description="Plans computed together; each uses a whole core")
    plans_in_line: int = Field(default=8, ge=0, le=100, description="Plans that may wait for their turn; then 503")
    keep_event_months: int = Field(
        default=24, ge=0, le=1200, description="Names of delegates, links, presence and notes of an event; 0: for ever"
    )
    keep_contact_months: int = Field(
        default=36, ge=0, le=1200, description="Contacts that nobody has confirmed since; 0: for ever"
    )
    keep_audit_months: int = Field(default=24, ge=0, le=1200, description="The audit trail; 0: for ever")
    traces_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+[^\s]*$",
        description="Collector of traces (OTLP over HTTP), such as http://127.0.0.1:4318/v1/traces; absent: none",
    )
    traces_share: float = Field(default=1, ge=0, le=1, description="Share of requests that are traced")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    log_format: str = Field(
        default="text", pattern="^(text|json)$", description="json: an object a line, every request"
    )


@cache
def get_settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
