"""The types of problem that are intake's own, beside those of every service."""

from __future__ import annotations

from shared.platform.problem_kinds import SHARED, Kind, by_type

_WINDOW = {"opens": "2021-05-31T15:00:00Z", "closes": "2021-06-14T03:00:00Z", "at": "2021-06-14T03:00:00Z"}
_FAULTS = [{"field": "telephone", "reason": "telephone", "message": "Please type the telephone number in digits"}]
_CELLS = [{"row": 7, "cell": "G7", "field": "telephone", "reason": "cell-rounded", "message": "入力し直してください"}]

INTAKE = (
    Kind(404, "no-such-application", "No application has this receipt number and secret: which of the two is wrong is "
         "never said", "Compare both with the receipt."),
    Kind(404, "no-pair", "There is no such pair of applications, or no more", "List the pairs."),
    Kind(404, "no-such-archive", "There is no such archive", "The records office lists them."),
    Kind(404, "no-postcards", "There is no postcard to print now", "Apply on the web, or see when it opens."),
    Kind(409, "too-early", "Applications are not open yet", "Try again from `opens`.", members=_WINDOW),
    Kind(409, "too-late", "The period is over", "Nothing was kept.", members=_WINDOW),
    Kind(409, "closed", "An officer has closed applications", "Nothing was kept.", members={**_WINDOW, "at": None}),
    Kind(409, "closing-not-asked", "No officer's request to close waits: none was made, or it was taken back, or a day "
         "has passed", "Ask for the closing.", members={**_WINDOW, "at": None}),
    Kind(409, "closing-same-person", "Closing takes two officers", "Have another officer confirm.",
         members={**_WINDOW, "at": None}),
    Kind(409, "closing-not-own", "The request is another officer's", "Ask them to take it back.",
         members={**_WINDOW, "at": None}),
    Kind(409, "amend-over", "What was to be amended can be amended no more", "It stays as it is.", members=_WINDOW),
    Kind(409, "amend-often", "It was amended too often within a day", "Try again tomorrow.",
         members={**_WINDOW, "at": None}),
    Kind(409, "not-yet-closable", "It cannot be closed yet", "Try again from `at`.", members=_WINDOW),
    Kind(409, "desk-unfinished", "Postcards are not keyed in, held or not checked yet", "Finish the desk's work first.",
         members={**_WINDOW, "at": None, "unkeyed": 3, "checks": 1, "held": 0}),
    Kind(409, "changed-meanwhile", "It was amended, withdrawn or erased in between", "Look it up and begin again."),
    Kind(409, "secret-renewed", "It was taken under this `Idempotency-Key`, and its secret was renewed at the enquiry "
         "desk since", "Use the newest secret."),
    Kind(409, "contradiction", "By other judgements the two are the same and different at once", "Take one of "
         "those back first."),
    Kind(409, "judged-for-good", "The window is closed, or being closed: pairs are not judged any more", "Tell whoever "
         "runs the draw."),
    Kind(409, "archive-not-made", "The archive is still being made", "Try again in a minute.", True),
    Kind(409, "archive-incomplete", "A record of it was erased since it was made", "Have it ordered anew."),
    Kind(410, "erased", "Its personal data was erased; who had looked is still shown", "Nothing can be changed.",
         members={"ordered_at": "2021-09-05T00:00:00Z", "removed_at": "2021-09-05T01:00:00Z", "certificate": "2021-1",
                  "accesses": []}),
    Kind(410, "archive-returned", "The ward has acknowledged it, and it was deleted here", "Ask the ward."),
    Kind(410, "archive-replaced", "Another archive was made in its place", "Fetch that one."),
    Kind(422, "unfit-application", "The rules of this programme do not take it as it is", "`errors` names each field, "
         "a code and the reason in the language asked for. Nothing was stored.", members={"errors": _FAULTS}),
    Kind(422, "idempotency-key-used", "Another application came under this `Idempotency-Key`, or another postcard "
         "under this number", "Make a new key for a new application."),
    Kind(422, "unfit-sheet", "The file is not read as a sheet of postcards; `reason` says why, as a code",
         "Nothing of it was stored.", members={"reason": "unknown-column", "values": {"title": "メモ", "column": "M"}}),
    Kind(422, "unfit-rows", "Rows of the sheet are not taken as they are", "`errors` names each cell, a code and the "
         "reason. Nothing of the sheet was stored.", members={"rows": 40, "faulty": 1, "errors": _CELLS}),
    Kind(422, "unknown-field", "A form was sent with a field that it has not", "Open the form again."),
    Kind(429, "too-many-tries", "Too many wrong numbers or secrets came from this address", "Wait.", True),
)

_AT_THE_DESK = (
    Kind(403, "desk-own-card", "Whoever keyed a card in does not check it", "Have another person read it."),
    Kind(404, "desk-no-batch", "There is no such batch", "List them."),
    Kind(409, "desk-batch-done", "Every card of the batch is accounted for", "Take the next batch, or count again."),
    Kind(409, "desk-card-used", "Something else is known of that card", "Look the card up."),
    Kind(409, "desk-counted-singly", "The batch is not one that is counted", "Name the card itself."),
    Kind(409, "desk-day-to-come", "The day has not come yet", "Send the day on which it came."),
    Kind(409, "desk-fewer-than-seen", "Fewer were counted than cards were keyed in or held", "Count again."),
    Kind(409, "desk-no-check", "Nobody waits for this card to be checked", "List the checks."),
    Kind(409, "desk-no-way", "The batch does not go there from where it is", "`ways` says where it may go."),
    Kind(409, "desk-not-differing", "Nothing differs on this card", "List the checks."),
    Kind(409, "desk-not-held", "The card is not held", "List the held cards."),
    Kind(409, "desk-overtaken", "Somebody else was quicker", "Look again, and begin anew."),
    Kind(422, "desk-no-card", "Neither a card nor a batch is named", "Send `card` or `batch`."),
    Kind(422, "desk-not-designated", "Whoever is named is not designated for the desk", "Name somebody who is."),
    Kind(422, "desk-number", "The number is not one of its batch", "Compare it with the card."),
    Kind(422, "desk-same-person", "It takes two people", "Name another person."),
)
DESK = tuple(kind.type for kind in _AT_THE_DESK)

KINDS = by_type((*SHARED, *INTAKE, *_AT_THE_DESK))
