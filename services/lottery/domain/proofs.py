"""The proof file that each applicant gets on the receipt page: their two lines stand under the two public roots."""

from services.lottery.domain.canonical import Json
from services.lottery.domain.faults import OutOfOrder
from services.lottery.domain.transcript import Transcript
from shared.privacy.merkle import Tree


class Proofs:
    """Proofs for one draw that is done: building takes a pass over all lines and 128 bytes an entry."""

    def __init__(self, transcript: Transcript) -> None:
        if transcript.results is None:
            raise OutOfOrder("proofs", "can be given when the draw is done")
        self._results = transcript.results
        self._entry_tree = Tree(transcript.results.entries.leaves())
        self._result_tree = Tree(transcript.results.leaves())
        self._places = transcript.results.order.places()

    def proof(self, entry: str) -> dict[str, Json]:
        """The proof file's content for an entry (32 hex), to be written with `canonical`; Refused for a stranger."""
        entries = self._results.entries
        number = entries.number(entry)
        place = self._places[number]
        return {
            "entry": _side(self._entry_tree, number, entries.record(number)),
            "result": _side(self._result_tree, place, self._results.record(place + 1)),
        }


def _side(tree: Tree, index: int, line: dict[str, Json]) -> dict[str, Json]:
    path = [node.hex() for node in tree.path(index)]
    return {"count": tree.count, "index": index, "line": line, "path": path, "root": tree.root.hex()}
