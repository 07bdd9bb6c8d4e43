/**
 * What the scripts exchange, by name: known in each of them without an import, and never loaded by a browser.
 */

// What the server sends is declared in schema.d.ts, which is generated.

/** A value that may lack some of its fields. */
type Lacking<Value, Names extends keyof Value> = Omit<Value, Names> & Partial<Value>;
/** What a card does not show is absent when the note is read from one. */
type Note = Lacking<NoteOut, "board_id">;
/** How the open notes of a board are sorted; board: as they were moved. */
type Sort = "board" | "changed" | "created" | "title";
type NoteFlag = { [Name in keyof NoteOut]: NoteOut[Name] extends boolean ? Name : never }[keyof NoteOut];
type NoteText = Pick<Note, "title" | "description">;
type SentKey = { content: string; key: string }; // what was sent last, and the client key that went with it
/** The version that a text started from. */
type NoteBase = NoteText & { version: number };
type Draft = NoteText & { base: NoteBase };
/** What the server made of a change, and the id of the event that tells everybody. */
type Saved = { note: Note; eventId: string };
type Sent<Value> = { value: Value; eventId: string };

/** What becomes of several notes (schemas/bulk_changes.py), and such a change of some of them; without a path on this board. */
type BulkChange = Partial<
  Record<"done" | "pinned" | "archived" | "deleted", boolean> &
    Record<"labels_add" | "labels_remove", string[]> &
    Record<"board_id" | "before_id" | "after_id", number> & { colour: Note["colour"] }
>;
type BulkWay = { ids: number[]; change: BulkChange; path?: string };

/** A person. The email is absent when it is not known, null when there is none, or none for this viewer. */
type User = Lacking<UserOut, "email">;
type Room = RoomOut;
type RoomMember = RoomMemberOut;
type Message = Lacking<MessageOut, "recipient_id" | "recipient">;
type Quote = QuoteOut;
type Reaction = ReactionOut;
type Answer = AnswerOut;
/** What was written and is not known to have arrived. */
type Unsent = { key: string; author_id: number; content: string; date: string; reply_to?: Quote | null };
/** Long work, and where it stands. */
type Job = Omit<JobOut, "options" | "outcome"> & { options: Required<ImportOptions>; outcome: Required<Outcome> };
type Unread = UnreadOut;
type Board = Omit<BoardOut, "created_at"> & { role: string }; // no role in events
type Member = MemberOut;
type Membership = MembershipOut;
type Preference = PreferenceOut;
type Presence = PresenceOut;

/** What this browser keeps, by key (lib/storage.js). */
interface StoredValues {
  theme: "light" | "dark";
  road: { at: number; againMs: number }; // when the websocket failed (ms since 1970), and when it is tried again
  "done-folded": true;
  "done-tasks-last": true;
  "board-sort": Sort;
  "shortcuts-off": true;
  [draft: `draft:room:${number}`]: string;
  [outbox: `outbox:${number}`]: Unsent[];
  "draft:new": NoteText;
  "sent:new": SentKey; // of the composer's text
  [draft: `draft:edit:${number}`]: Draft;
  [aside: `aside:${number}`]: Draft[];
  [draft: `board:${number}:draft:new`]: NoteText; // of any other board than everybody's
  [sent: `board:${number}:sent:new`]: SentKey;
  [draft: `board:${number}:draft:edit:${number}`]: Draft;
  [aside: `board:${number}:aside:${number}`]: Draft[];
}

// The feed.

type FeedState = "live" | "reconnecting" | "offline" | "out"; // out: nobody is signed in
type FeedAction = "create" | "update" | "delete" | "reset";
/** One without an id is volatile. */
type FeedEvent = {
  id?: string;
  topic?: string;
  by?: number | null; // the user who did it
  action: FeedAction;
  note?: Note;
  user?: User;
  room?: Room;
  room_member?: RoomMember;
  room_membership?: RoomMembershipOut;
  message?: Message;
  unread?: Unread;
  presence?: Presence;
  editing?: EditingOut;
  online?: OnlineOut;
  board?: Omit<Board, "role">;
  member?: Member;
  membership?: Membership;
  preference?: Preference;
  inbox?: InboxOut;
  job?: Job;
  label?: LabelOut;
};

interface FeedEventMap {
  change: CustomEvent<FeedEvent>;
  reset: CustomEvent<FeedEvent>;
  state: CustomEvent<FeedState>;
  resubscribed: CustomEvent<{ topics: string; after: string }>;
  denied: CustomEvent<string[]>;
}
interface FeedTarget extends Omit<EventTarget, "addEventListener"> {
  addEventListener<Name extends keyof FeedEventMap>(
    name: Name,
    listener: (event: FeedEventMap[Name]) => void,
    options?: AddEventListenerOptions,
  ): void;
}
/** A feed that can be told of an event which must arrive. */
interface ExpectingFeed extends FeedTarget {
  readonly state: FeedState;
  expectEvent(id: string): void;
  addTopics(topics: string[]): void;
}

// What modules tell one another, as DOM events (lib/page_events.js).

/** Comes from a card and bubbles up to the list and the page's main. */
interface CardEvent<Detail = unknown> extends CustomEvent<Detail> {
  readonly target: HTMLElement;
}
type NoteChange = { note: Note; before?: Note; live: boolean };
type ToastAction = { label: string; run: () => void };

interface BoardEvents {
  "note:changed": CardEvent<NoteChange>; // before: absent for a new card; live: as news, not as part of a list
  "note:deleting": CardEvent<null>;
  "note:edit": CardEvent<Draft>;
  "editor:opened": CardEvent<null>;
  "editor:closed": CardEvent<null>;
  "note:deleted": CustomEvent<null>;
  "notes:near": CustomEvent<{ came: HTMLElement[]; near: Set<HTMLElement> }>;
  "notes:filtered": CustomEvent<{ query: string }>;
  "notes:sorted": CustomEvent<Sort>;
  "labels:changed": CustomEvent<null>;
  "selection:changed": CustomEvent<null>;
  "role:changed": CustomEvent<null>;
  "board:loaded": CustomEvent<null>;
}
interface PageEvents {
  announce: CustomEvent<string>;
  "announce:news": CustomEvent<string>;
  toast: CustomEvent<{ text: string; action?: ToastAction }>;
  "toast:undo": CustomEvent<null>;
  "composer:use": CustomEvent<NoteText>;
  unread: CustomEvent<Map<number, number>>; // messages by the room's id
  "rooms:listed": CustomEvent<null>;
  "import:sent": CustomEvent<number>; // the job that works on it
  preference: CustomEvent<Preference>; // a null value: taken back
  "signed-out": CustomEvent<null>;
  "server-role:changed": CustomEvent<null>; // the viewer became a guest of the server, or a member
}
type MessageChange = { message: Message; before?: Message; live: boolean };
interface RoomEvents {
  "message:changed": CardEvent<MessageChange>; // before: absent for a new one; live: as news, not as part of a list
  "message:deleted": CustomEvent<Message>;
  "message:outside": CustomEvent<Message>; // news of one that is not on the page
  "messages:loaded": CustomEvent<null>; // a page of them, or all again
  "log:moved": CustomEvent<null>; // came to the end, or left it
  "log:newest": CustomEvent<null>; // the newest are wanted, and not on the page
  "message:edit": CardEvent<string>; // with what was typed before
  "composer:sent": CustomEvent<null>;
  "composer:edit-last": CustomEvent<null>;
  "composer:take-back": CustomEvent<string>;
}
interface HTMLElementEventMap extends BoardEvents, RoomEvents {
  contentvisibilityautostatechange: ContentVisibilityAutoStateChangeEvent;
}
interface DocumentEventMap extends PageEvents {}

type Messages = BoardEvents & RoomEvents & PageEvents;
/** The arguments that an event's detail takes: none where it has none. */
type DetailOf<Name extends keyof Messages> = Messages[Name]["detail"] extends infer Detail
  ? [Detail] extends [null]
    ? []
    : [detail: Detail]
  : never;

interface Window {
  SwaggerUIBundle(options: object): void; // vendor/swagger-ui
}
