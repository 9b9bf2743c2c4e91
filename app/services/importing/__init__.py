"""Competence maps from files: bytes → tables → headings and layout → canonical rows → checks → report → apply.

read        any file → tables of cells with their line numbers (one adapter per format)
columns     headings → fields, with a confidence
layout      tables → one record per actor row, whatever the layout
canonical   a record → what a source says of one actor, or why it cannot be taken
decide      canonical rows against what is stored: new, changed, same (used by preview and apply alike)
"""
