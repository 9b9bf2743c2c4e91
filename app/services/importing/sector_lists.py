"""Loading the border's own sector lists, and handing them to imports."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from app.errors import NotFound
from app.services.bounds import refuse_beyond
from app.services.importing.columns import split_language
from app.services.importing.notes import whole
from app.services.importing.read import read_file
from app.services.importing.remarks import Unreadable, english, refusal, remark
from app.services.importing.sector_words import SectorWords, Term, known_slugs
from app.services.importing.sectors import divisions
from app.services.importing.tables import Table, is_blank
from app.services.importing.words import fold_word
from models.competence_map import Note
from models.remark import Remark
from models.sectors import SectorList, SectorListPublic, SectorListReport, SectorTerm, SectorTermPublic

_HEADINGS = {
    "code": "code id nr no key sigle cle clef kode codigo kodea codice cod number nummer",
    "name": "name names label title sector nom libelle intitule domaine secteur naam omschrijving benaming sektor "
    "bezeichnung name titel navn betegnelse nombre denominacion izena designacao nome domein bereich",
    "sector": "viaduc slug mapping sector_viaduc viaduc_sector",
    "nace": "nace nace_code code_nace naf nace_rev_2 nacecode",
}
_NACE = re.compile(r"^([A-U])?\s*+\.?\s*+(\d{2}(?:\.\d{1,2}){0,2})?$")
_MOST_TERMS = 20_000
_REPORTED = 200


@dataclass
class _Read:
    """The terms of a file, and the lines that are none."""

    terms: dict[str, SectorTermPublic] = field(default_factory=dict)
    rejected: list[Note] = field(default_factory=list)

    def reject(self, line: int, why: Remark) -> None:
        """Note a line that is no term."""
        self.rejected.append(Note(code=why.code, values=why.values, rows=1, line=line))


def load_sector_list(session: Session, *, name: str, filename: str, data: bytes) -> SectorListReport:
    """Store a list under a name; a list of that name is replaced as a whole.

    The file has a column of codes and of names (one, or one a language: "name_fr", "Naam (NL)"), and may have one of
    Viaduc's words ("viaduc") and one of NACE codes. BadInput when it cannot be read or names nothing.
    """
    read = _read_terms(data, filename)
    if not read.terms:
        raise refusal("file", _nothing_in(filename, read))
    row = session.exec(select(SectorList).where(SectorList.name == name)).one_or_none()
    if row is None:
        refuse_beyond(session, "sector lists", select(func.count()).select_from(SectorList))
        row = SectorList(name=name)
        session.add(row)
        session.flush()
    session.exec(delete(SectorTerm).where(col(SectorTerm.list_id) == row.id))
    session.add_all(SectorTerm(list_id=row.id, **term.model_dump()) for term in read.terms.values())
    session.flush()
    mapped = sum(1 for term in read.terms.values() if term.sector or term.nace)
    rejected = read.rejected[:_REPORTED]
    return SectorListReport(
        id=row.id,
        name=name,
        terms=len(read.terms),
        mapped=mapped,
        rejected=[english(whole(note)) for note in rejected],
        notes=rejected,
    )


def _nothing_in(filename: str, read: _Read) -> Remark:
    if read.rejected:
        return remark("list_all_wrong", name=filename, said=whole(read.rejected[0]))
    return remark("list_without_sectors", name=filename)


def list_sector_lists(session: Session) -> list[SectorListPublic]:
    """All lists by name, with their terms by code."""
    rows = session.exec(select(SectorList).order_by(col(SectorList.name))).all()
    terms = session.exec(select(SectorTerm).order_by(col(SectorTerm.list_id), col(SectorTerm.code))).all()
    return [
        SectorListPublic(
            id=row.id,
            name=row.name,
            terms=[
                SectorTermPublic(code=t.code, names=t.names, sector=t.sector, nace=t.nace)
                for t in terms
                if t.list_id == row.id
            ],
        )
        for row in rows
    ]


def delete_sector_list(session: Session, *, list_id: int) -> None:
    """Forget a list. Actors keep the words that imports gave them."""
    row = session.get(SectorList, list_id) if 0 < list_id < 2**63 else None
    if row is None:
        raise NotFound(f"there is no sector list {list_id}")
    session.delete(row)
    session.flush()


def sector_words(session: Session, *, only: str | None = None) -> SectorWords:
    """The loaded lists (or the one of that name) as imports use them. BadInput when there is no such list."""
    lists = {row.id: row.name for row in session.exec(select(SectorList)).all()}
    if only is not None:
        if only not in lists.values():
            known = ", ".join(sorted(lists.values()))
            said = remark("list_unknown", list=only, lists=known) if known else remark("no_list_loaded", list=only)
            raise refusal("sector_list", said)
        lists = {i: name for i, name in lists.items() if name == only}
    rows = session.exec(select(SectorTerm).where(col(SectorTerm.list_id).in_(lists))).all() if lists else []
    return SectorWords([Term(lists[t.list_id], t.code, t.names, t.sector, t.nace) for t in rows])


def _read_terms(data: bytes, filename: str) -> _Read:
    read = _Read()
    for table in read_file(data, filename).tables:
        _read_table(table, read)
    if len(read.terms) > _MOST_TERMS:
        raise refusal("file", remark("list_too_long", name=filename, terms=len(read.terms), most=_MOST_TERMS))
    return read


def _read_table(table: Table, read: _Read) -> None:
    columns: list[tuple[str, str] | None] | None = _columns(table.headings) if table.headings else None
    for row in table.rows():
        if columns is None:
            found = _columns([str(c) for c in row.cells])
            columns = found if _complete(found) else None
            continue
        if all(is_blank(c) for c in row.cells):
            continue
        try:
            term = _term(columns, row.cells)
        except Unreadable as error:
            read.reject(row.line, error.remark)
            continue
        if term.code in read.terms:
            read.reject(row.line, remark("term_twice", code=term.code))
        else:
            read.terms[term.code] = term


def _columns(headings: Sequence[str]) -> list[tuple[str, str] | None]:
    """(what a column holds, its language) by its heading; None: nothing of ours."""
    words = {word: name for name, listed in _HEADINGS.items() for word in listed.split()}
    found: list[tuple[str, str] | None] = []
    for heading in headings:
        whole = fold_word(heading).replace(" ", "_")
        rest, lang = (heading, None) if whole in words else split_language(heading)
        name = words.get(whole) or words.get(fold_word(rest).replace(" ", "_"))
        found.append((name, lang or "und") if name else None)
    return found


def _complete(columns: Sequence[tuple[str, str] | None]) -> bool:
    held = {c[0] for c in columns if c}
    return {"code", "name"} <= held


def _term(columns: Sequence[tuple[str, str] | None], cells: Sequence[Any]) -> SectorTermPublic:
    said: dict[str, str] = {}
    names: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=False):
        if column is None or is_blank(cell):
            continue
        if column[0] == "name" and isinstance(cell, dict):
            names |= {str(k): str(v).strip() for k, v in cell.items() if str(v).strip()}
        elif column[0] == "name":
            names.setdefault(column[1], str(cell).strip())
        else:
            said.setdefault(column[0], str(cell).strip())
    if not said.get("code"):
        raise Unreadable("term_without_code")
    if not names:
        raise Unreadable("term_without_name", code=said["code"])
    return SectorTermPublic(
        code=said["code"][:100], names=names, sector=_slug(said.get("sector")), nace=_nace(said.get("nace"))
    )


def _slug(word: str | None) -> str | None:
    """Viaduc's own code where the word is one, else the word: a border may have words of its own."""
    return known_slugs().get(fold_word(word), word) if word else None


def _nace(code: str | None) -> str | None:
    if not code:
        return None
    match = _NACE.match(code.strip().upper())
    if not match or not (match[1] or match[2]):
        raise Unreadable("term_no_nace", value=code)
    known = divisions().get(match[2][:2]) if match[2] else None
    if match[2] and (known is None or (match[1] and match[1] != known[0])):
        raise Unreadable("term_unknown_nace", value=code)
    return f"{known[0]}{match[2]}" if known else match[1]
