"""What `quart-notes demo` puts on the board."""

from quart_notes.schemas import NoteCreate, NoteUpdate

DONE = NoteUpdate(done=True)
NOTES: tuple[tuple[NoteCreate, NoteUpdate | None], ...] = (
    (NoteCreate(title="Welcome", description="Open this page in a second window and change something here."), None),
    (NoteCreate(title="Groceries", description="Milk\nBread\nApples\nThe good olive oil"), None),
    (NoteCreate(title="Call the dentist"), DONE),
    (NoteCreate(title="Class trip", description="Permission slips are due on Friday. Bring rain jackets."), None),
    (NoteCreate(description="Press ? for the keyboard shortcuts."), None),
    (NoteCreate(title="Saturday", description="Market at nine, then the hardware store for hooks."), None),
    (NoteCreate(title="Ideas for the birthday", description="Treasure hunt\nPizza for everyone\nA film outside"), None),
    (NoteCreate(title="Water the plants", description="The fern twice a week, the cactus not at all."), None),
    (NoteCreate(title="Return the library books", description="Shelf by the door."), DONE),
    (NoteCreate(title="ملاحظة", description="النص من اليمين إلى اليسار يعمل أيضًا."), None),
)
