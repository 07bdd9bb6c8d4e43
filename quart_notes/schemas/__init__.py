"""Every shape that crosses an edge, with its limits: …Create and …Update come in, …Out goes out."""

from quart_notes.schemas.accounts import (
    AGENT_MAX,
    PASSWORD_MAX,
    PASSWORD_MIN,
    Arrival,
    Claim,
    InvitationCreate,
    InvitationOut,
    MeOut,
    NewInvitationOut,
    NewTokenOut,
    PasswordChange,
    Scope,
    SessionOut,
    SignIn,
    TokenCreate,
    TokenOut,
)
from quart_notes.schemas.boards import (
    BOARD_NAME_MAX,
    BoardCreate,
    BoardOfNoteQuery,
    BoardOut,
    BoardQuery,
    BoardSummaryOut,
    BoardUpdate,
    EditedNote,
    EditingNotice,
    EditingOut,
    MemberOut,
    MembershipOut,
    MemberUpdate,
    MyBoardOut,
    Role,
)
from quart_notes.schemas.bulk_changes import BULK_MAX, BulkChange, BulkUpdate
from quart_notes.schemas.content import Align, ContentNode, TaskCount, TaskCreate, TaskTick
from quart_notes.schemas.fields import (
    COLOURS,
    MAX_ID,
    NO_COLOUR,
    PAGE_MAX,
    QUERY_MAX,
    UNSTORABLE,
    BoardTick,
    Colour,
    InputModel,
    OutputModel,
    PageQuery,
)
from quart_notes.schemas.history import (
    HISTORY_PAGE,
    VERSION_MAX,
    ActivityOut,
    HistoryQuery,
    Moment,
    RevisionOut,
    TimeQuery,
    TrashedBoardOut,
    TrashedNoteOut,
)
from quart_notes.schemas.jobs import (
    AUTHORS,
    LOST_MAX,
    PROBLEMS_MAX,
    SAMPLE_MAX,
    EntryProblem,
    ExportedNote,
    ExportFormat,
    ExportOut,
    ExportQuery,
    ImportFormat,
    ImportOptions,
    ImportQuery,
    JobOut,
    JobQuery,
    JobState,
    LeftOut,
    LostPart,
    Outcome,
)
from quart_notes.schemas.labels import (
    LABEL_KEY_MAX,
    LABEL_NAME_MAX,
    LABELS_MAX,
    CountedLabelOut,
    LabelCreate,
    LabelOut,
    LabelUpdate,
    label_key,
    unique_names,
)
from quart_notes.schemas.messages import (
    ANSWER_ERROR_MAX,
    ANSWER_MAX,
    CONTENT_MAX,
    EMOJI_MAX,
    REACTING_MAX,
    REACTIONS_MAX,
    AnswerOut,
    AssistantOut,
    AuthorQuery,
    GuestMessageCreate,
    MessageCreate,
    MessageNoteCreate,
    MessageOut,
    MessageQuery,
    MessageUpdate,
    PersonQuery,
    QuoteOut,
    ReactionOut,
    RoomMessageCreate,
)
from quart_notes.schemas.moments import parse_date
from quart_notes.schemas.note_entries import OWN_ORIGIN, BadEntryError, ImportedNote
from quart_notes.schemas.note_filters import NoteFilter, NoteQuery
from quart_notes.schemas.notes import (
    BOARD_SORTS,
    DESCRIPTION_MAX,
    NOTE_FIELDS,
    NOTE_FLAGS,
    ORIGIN_MAX,
    TITLE_MAX,
    BoardSort,
    NoteCreate,
    NoteMove,
    NoteOut,
    NoteUpdate,
)
from quart_notes.schemas.notifications import (
    MENTIONS_MAX,
    InboxOut,
    LevelUpdate,
    NotificationKind,
    NotificationOut,
    NotificationQuery,
    NotificationsOut,
    NotificationsRead,
)
from quart_notes.schemas.preferences import (
    PREFERENCE_KEY,
    PREFERENCE_KEY_MAX,
    PREFERENCE_VALUE_MAX,
    PREFERENCES_MAX,
    PreferenceOut,
)
from quart_notes.schemas.rooms import (
    ROOM_NAME_MAX,
    Level,
    MyRoomOut,
    PresenceOut,
    ReadingUpdate,
    RoomCreate,
    RoomMemberOut,
    RoomMembershipOut,
    RoomMemberUpdate,
    RoomOut,
    RoomQuery,
    RoomRole,
    RoomUpdate,
    TypingNotice,
    UnreadOut,
)
from quart_notes.schemas.search import HITS_MAX, Cursor, MessageHit, NoteHit, NoteState, SearchOut, SearchQuery
from quart_notes.schemas.system import FeedQuery, HealthOut, ProblemOut, VersionOut
from quart_notes.schemas.text import is_blank, name_key, one_line
from quart_notes.schemas.users import EMAIL_MAX, NAME_MAX, NICKNAME_MAX, ProfileUpdate, ServerRole, UserCreate, UserOut
