"""What an admin should know of a file beside its rejected rows, said once however often it occurs."""

from dataclasses import dataclass, field

_MOST = 200


@dataclass
class Notes:
    """Collected remarks; the same remark about many lines becomes one sentence with a count."""

    plain: list[str] = field(default_factory=list)
    _counted: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, sentence: str, place: str | None = None) -> None:
        """Note a remark, at a place ("line 7") where it has one."""
        if place is None:
            if sentence not in self.plain and len(self.plain) < _MOST:
                self.plain.append(sentence)
        elif sentence in self._counted:
            count, first = self._counted[sentence]
            self._counted[sentence] = (count + 1, first)
        elif len(self._counted) < _MOST:
            self._counted[sentence] = (1, place)

    def sentences(self) -> list[str]:
        """All remarks, in the order in which they came up."""
        counted = [
            f"{first}: {sentence}" if count == 1 else f"{sentence} ({count} rows, first {first})"
            for sentence, (count, first) in self._counted.items()
        ]
        return [*self.plain, *counted]
