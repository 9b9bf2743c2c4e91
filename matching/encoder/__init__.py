"""Text in, language-neutral vectors out."""
