"""Forms of a page as a browser without JavaScript would send them."""

from html.parser import HTMLParser


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self._select: str | None = None
        self._first: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        if tag == "form":
            self.forms.append((of.get("action") or "", {}))
        name = of.get("name")
        if not self.forms or (not name and tag != "option"):
            return
        fields = self.forms[-1][1]
        if tag == "input" and (of.get("type") not in {"checkbox", "radio"} or "checked" in of):
            fields.setdefault(str(name), []).append(of.get("value") or ("on" if of.get("type") == "checkbox" else ""))
        elif tag == "select":
            self._select, self._first = name, None
        elif tag == "option" and self._select:
            self._first = of.get("value") if self._first is None else self._first
            if "selected" in of:
                fields[self._select] = [of.get("value") or ""]
        elif tag == "textarea":
            self._area = name
            fields[str(name)] = [""]

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][1][self._area][0] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            self.forms[-1][1].setdefault(self._select, [self._first or ""])
            self._select = None
        elif tag == "textarea":
            self._area = None


def fields_of(page: str, action: str) -> dict[str, list[str]]:
    """The fields of the first form that goes to `action`."""
    parser = _Forms()
    parser.feed(page)
    return next(fields for to, fields in parser.forms if to == action)
