"""Shapes: tables and what goes in and out."""
