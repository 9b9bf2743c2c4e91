"""Every sentence that imports say, by its code, in English; the catalogues of the pages hold the other languages.

A value in quotes is somebody's own word; numbers are written as the reader writes them.
"""

VALUES = {
    "structure_unexpected": "a text is expected here, not a list or an object",
    "words_expected": "a list of plain words is expected here",
    "country_unknown": "unknown country '%(value)s': write an ISO 3166-1 code of two letters, such as FR or BE, or the "
    "country's name in en, fr, nl, de, da, es, eu, pt or it",
    "language_unknown": "unknown language '%(value)s': write a BCP 47 code, such as fr, nl or pt-PT, or its name",
    "nuts_unknown": "unknown NUTS code '%(value)s': write a code of NUTS 2021, such as FRE11 or BE25",
    "nuts_elsewhere": "NUTS code '%(nuts)s' does not lie in country '%(country)s'",
    "number_expected": "'%(value)s' is no number",
    "yes_no_expected": "'%(value)s' is neither yes nor no",
    "degrees_outside": "'%(value)s' is outside of %(low)s to %(high)s degrees",
    "degrees_pair_expected": "'%(value)s' is no pair of degrees",
    "website_expected": "'%(value)s' is no address on the web",
    "phone_expected": "'%(value)s' is no telephone number that could be dialled from abroad, it is kept as written",
    "text_empty": "the text is empty",
    "text_shape": 'texts are written as {"lang": "fr", "text": "…"}',
    "text_too_long": "the text has %(length)s characters, at most %(most)s: a profile, not a document",
    "relation_shape": 'relations are written as {"type": "partner", "target": "id of the other"}',
    "relation_type": "'%(value)s' is no type of relation, such as partner or member_of",
    "name_missing": "the name is missing: every actor needs one",
    "country_missing": "the country is missing: write it in the row, or give the country of the whole file",
    "too_long": "it is longer than %(most)s characters",
    "too_many": "there are more than %(most)s of them",
    "too_large": "it is more than %(most)s",
    "too_small": "it is less than %(least)s",
    "invalid": "it cannot be taken: %(problem)s",
    "contradiction": "line %(line)s says '%(value)s' of the same actor: give different actors different ids (or "
    "names), or write the same value on each of its rows",
}
"""Why a value cannot be taken."""

ROWS = {
    "cells_missing": "the row has %(cells)s cells, the headings %(headings)s: a delimiter is missing, or a line break "
    "stands in a cell without quotes",
    "cells_too_many": "the row has %(cells)s cells, the headings %(headings)s: a cell with the delimiter in it needs "
    "quotes",
    "row_too_wide": "the row has %(cells)s cells; a table has at most %(most)s",
    "quote_open": 'a quote (") is opened in this row and never closed',
    "json_invalid": "no valid JSON: %(problem)s",
    "json_deep": "no valid JSON: nested too deeply",
    "object_expected": "an object is expected, not %(kind)s",
    "whole_row": "(whole row)",
    "reason": "reason",
}
"""Why a row cannot be taken, and the words of the file of such rows."""

NOTES = {
    "repeats": "repeats an earlier row of the same actor",
    "address_in_text": "%(heading)s: the e-mail address of a person was taken out of a text, no legal basis was given "
    "for this map",
    "person_in_text": "%(heading)s: the name or telephone of a person was taken out of a text, no legal basis was "
    "given for this map",
    "facet_unknown": "%(heading)s: '%(value)s' is taken as an offer",
    "kind_unknown": "%(heading)s: '%(value)s' is no kind we know, taken as other",
    "nuts_older": "NUTS code '%(value)s' is of an earlier edition, read as %(nuts)s",
    "date_unread": "%(heading)s: '%(value)s' is no date, it is kept as written",
    "left_out": "%(heading)s left out: %(reason)s",
    "of_column": "%(heading)s: %(reason)s",
    "sector_unmapped": "%(heading)s: '%(value)s' stands in no sector list and is no NACE code, it is kept in its own "
    "words",
    "sector_ambiguous": "'%(value)s' means different things (%(meanings)s); say which list is meant, it is kept as "
    "written",
    "nace_unknown": "'%(value)s' looks like a NACE code, but Rev. 2 has no such division; it is kept as written",
    "level_unknown": "%(heading)s: '%(value)s' is no level, taken as a yes",
    "persons": "%(heading)s: names, e-mail addresses or telephones of persons are not stored, no legal basis was given "
    "for this map",
    "twins_not_searched": "twins were not searched for: more than %(most)s actors",
    "relation_left_out": "relation %(type)s to '%(target)s' is left out: there is no such actor",
    "table_unheaded": "'%(table)s' is left out: no row of it looks like headings with a name",
    "table_narrow": "'%(table)s' is left out: only one of its columns is understood",
    "runs_across": "'%(table)s' runs across, an actor a column: lines are counted as columns",
    "headings_again": "the headings stand here once more; passed over",
    "sum_row": "'%(value)s' adds up other rows and is no actor; passed over",
    "title_row": "'%(value)s' runs across the row as a title and is no actor; passed over",
    "remark_row": "'%(value)s' is a remark beside the table and no actor; passed over",
    "name_alone": "nothing but a name stands in this row; if it is a title between rows and no actor, take it out of "
    "the file",
    "consent_refused": "the column '%(heading)s' reads like a consent that some rows refuse; they are imported like "
    "the others, take them out first",
    "column_ignored": "the column '%(heading)s' is not imported",
    "column_unsure": "the column '%(heading)s' is not imported; perhaps it is '%(field)s': confirm it in the mapping",
    "rows_in_quotes": "every row stands in quotes as a whole; they were taken off",
    "lines_mixed": "lines that are not UTF-8 like the rest were read as %(encoding)s (%(lines)s)",
    "not_utf8": "the file is not UTF-8; it was read as %(encoding)s: look whether accents are right",
    "member_left_out": "%(member)s: left out, it is no table",
    "of_member": "%(member)s: %(said)s",
    "sheet_hidden": "sheet '%(sheet)s' is hidden in the workbook and left out; show it there to have it read",
    "columns_hidden": "sheet '%(sheet)s': hidden columns are read like the others (%(columns)s): leave out what "
    "nobody else may see",
    "rows_hidden": "sheet '%(sheet)s': hidden rows are read like the others (%(rows)s)",
    "formulas_not_computed": "sheet '%(sheet)s': formulas that were never computed are read as empty (%(formulas)s); "
    "open the file in a spreadsheet program and save it",
}
"""What an admin should know beside the rejected rows."""

PLACES = {
    "line": "line %(line)s",
    "sheet": "sheet '%(sheet)s'",
    "sheet_line": "sheet '%(sheet)s', line %(line)s",
    "at": "%(place)s: %(said)s",
    "repeated": "%(said)s (%(rows)s rows, first %(place)s)",
}
"""Where something stands in a file."""

TWINS = {
    "same_name": "same name",
    "same_but_form": "same name but for accents, legal form, punctuation or order",
    "same_other_name": "same other name",
    "acronym": "one name is the acronym of the other",
    "same_website": "same website %(host)s",
    "same_town": "same town %(town)s",
    "misspelt": "spelt differently: %(words)s",
    "nearly_same_words": "nearly the same words",
}
"""Why two rows look like one actor."""

KEPT = {
    "edited": "edited since the import",
    "later_import": "changed by a later import; undo that one first",
    "other_map": "stands in another map too",
    "registered": "registered for an event",
    "wished": "named in wishes",
    "tandem": "part of a tandem",
    "feedback": "somebody gave feedback",
    "related": "a relation was entered since",
    "used": "used in %(table)s",
    "kept": "%(name)s (actor %(actor)s): %(reasons)s",
}
"""Why an undo left an actor alone."""

FILES = {
    "file_too_large": "%(name)s: the file has %(bytes)s bytes, more than %(most)s",
    "file_empty": "%(name)s is empty",
    "is_pdf": "%(name)s is a PDF document; save its table as XLSX or CSV",
    "is_old_workbook": "%(name)s is an old XLS workbook or one protected by a password; save it as XLSX without "
    "password",
    "is_gzip": "%(name)s is a gzip archive; unpack it first, or use ZIP",
    "is_other_archive": "%(name)s is a %(kind)s archive; use ZIP",
    "is_picture": "%(name)s is a picture; a table is expected",
    "is_sqlite": "%(name)s is an SQLite database; export its table as CSV",
    "is_parquet": "%(name)s is a Parquet file; export it as CSV",
    "is_web_page": "%(name)s is a web page, whatever its name; open it in a spreadsheet, save as XLSX",
    "is_xml": "%(name)s is XML; export it as XLSX, CSV or JSON",
    "is_office_document": "%(name)s is an office document but no spreadsheet; save its table as XLSX",
    "is_misnamed": "%(name)s is not what its name says: it does not start like a workbook or a ZIP",
    "zip_in_zip": "%(name)s: a ZIP inside a ZIP is not opened; send its files themselves",
    "zip_without_table": "%(name)s holds no table (CSV, XLSX, ODS, JSON or JSON Lines)",
    "zip_damaged": "damaged ZIP container (%(problem)s): save or send the file again",
    "zip_of_too_many": "the container holds %(files)s files, more than %(most)s",
    "zip_too_large": "the container unpacks to %(bytes)s bytes, more than %(most)s",
    "zip_bomb": "zip bomb: '%(member)s' unpacks to %(bytes)s bytes",
    "zip_lies": "zip bomb: '%(member)s' unpacks to more than it declares",
    "has_password": "protected by a password: save it without one",
    "path_trick": "path trick: the container holds a file named '%(member)s'",
    "part_missing": "damaged: the part '%(part)s' is missing",
    "part_damaged": "damaged: the part '%(part)s' cannot be unpacked (%(problem)s)",
    "part_no_xml": "damaged: the part '%(part)s' is no valid XML (%(problem)s)",
    "xml_bomb": "XML bomb: the part '%(part)s' declares a document type, spreadsheets never do",
    "no_sheet": "the document has no sheet",
    "no_visible_sheet": "the workbook has no visible sheet",
    "too_many_rows": "more than %(most)s rows in one sheet",
    "too_many_sheets": "more than %(most)s sheets in one file",
    "too_many_styles": "more than %(most)s styles or different texts of cells in one file",
    "json_too_large": "%(name)s: a JSON document of %(bytes)s bytes is read as a whole; use JSON Lines for so much",
    "json_without_objects": "the JSON document holds no objects: a list of actors is expected",
    "json_too_many_keys": "the objects have more than %(most)s different keys",
    "headings_alone": "%(name)s has headings but no rows below them",
    "names_not_found": "no column holds the actors' names. The first row reads %(seen)s. Say which column it is with a "
    'mapping, such as {"that heading": "name"}',
    "no_rows": "the file has no rows",
    "sheet_unknown": "there is no sheet '%(sheet)s'; there are: %(sheets)s",
    "field_unknown": "unknown field '%(value)s': expected one of %(fields)s",
    "key_unknown": "no row of the file has this key",
    "actor_unknown": "there is no actor %(actor)s",
    "other_key_unknown": "no other row of the file has the key '%(key)s'",
    "list_unknown": "there is no sector list '%(list)s'; there are: %(lists)s",
    "no_list_loaded": "there is no sector list '%(list)s': none is loaded",
}
"""Why a whole file cannot be taken."""

LISTS = {
    "list_without_sectors": "%(name)s holds no sector: a column of codes and one of names are expected",
    "list_all_wrong": "%(name)s holds no sector that can be taken: %(said)s",
    "list_too_long": "%(name)s holds %(terms)s sectors, more than %(most)s",
    "term_without_code": "the code is missing",
    "term_without_name": "'%(code)s' has no name",
    "term_no_nace": "'%(value)s' is no NACE code, such as C, C13 or 13.20",
    "term_unknown_nace": "NACE Rev. 2 has no '%(value)s'",
    "term_twice": "the code '%(code)s' stands on an earlier line too",
}
"""What is wrong with a list of sectors."""

ADDRESSES = {
    "fetch_off": "fetching from addresses is off; the operator allows hosts with VIADUC_IMPORT_URLS",
    "fetch_unreadable": "this is no address: it holds spaces, a backslash or control characters, or is very long",
    "fetch_no_address": "this is no address: %(problem)s",
    "fetch_scheme": "an address begins with https:// or http://",
    "fetch_password": "an address with a name or a password in it is not fetched",
    "fetch_host": "files are not fetched from %(host)s; the operator allows %(hosts)s",
    "fetch_host_unknown": "the host %(host)s is not known",
    "fetch_private": "the host %(host)s stands on a private network; nothing is fetched from there",
    "fetch_other_host": "the address leads on to another host (%(host)s); give that address itself",
    "fetch_downgrade": "the address leads on from https to http",
    "fetch_round": "the address leads on more than %(most)s times",
    "fetch_nowhere": "the address leads on, but does not say where to",
    "fetch_slow": "the address did not answer within %(seconds)s s",
    "fetch_status": "the address answers %(status)s %(problem)s",
    "fetch_problem": "the address cannot be read: %(problem)s",
    "fetch_large": "the file has more than %(most)s bytes",
    "fetch_broken": "the file broke off; fetch it again",
}
"""Why a file cannot be fetched."""

SENTENCES = VALUES | ROWS | NOTES | PLACES | TWINS | KEPT | FILES | LISTS | ADDRESSES
"""Every sentence by its code."""
