/** The only entry: creates the one feed, starts the parts of every page, then this page's own. */
import { ResumingFeed } from "./feed/resuming_feed.js";
import { SharedFeed } from "./feed/shared_feed.js";
import * as jobIndicator from "./imports/job_indicator.js";
import * as buttonFocus from "./lib/button_focus.js";
import { find } from "./lib/elements.js";
import * as growingField from "./lib/growing_field.js";
import * as announcer from "./shell/announcer.js";
import * as connectionStatus from "./shell/connection_status.js";
import * as inboxBell from "./shell/inbox_bell.js";
import * as paletteKey from "./shell/palette_key.js";
import * as preferences from "./shell/preferences.js";
import * as roomList from "./shell/room_list.js";
import * as serverRole from "./shell/server_role.js";
import * as signedOut from "./shell/signed_out.js";
import * as theme from "./shell/theme.js";
import * as toast from "./shell/toast.js";
import * as unread from "./shell/unread.js";
import * as unreadBadges from "./shell/unread_badges.js";
import * as userActivity from "./shell/user_activity.js";
import * as userChoices from "./shell/user_choices.js";
import * as userNames from "./shell/user_names.js";

/** @type {Record<string, () => Promise<{start: (element: HTMLElement, feed: ExpectingFeed) => void}>>} */
const PAGES = {
  board: () => import("./notes/page.js"),
  note: () => import("./notes/note_page.js"),
  users: () => import("./users/page.js"),
  direct_messages: () => import("./direct_messages/page.js"),
  room: () => import("./rooms/page.js"),
  rooms: () => import("./rooms/list/page.js"),
  room_settings: () => import("./rooms/settings/page.js"),
  boards: () => import("./boards/list_page.js"),
  activity: () => import("./boards/activity_page.js"),
  trash: () => import("./boards/trash_page.js"),
  board_settings: () => import("./boards/settings_page.js"),
  search: () => import("./search/page.js"),
  imports: () => import("./imports/page.js"),
  account: () => import("./account/page.js"),
  inbox: () => import("./inbox/page.js"),
};

const { root = "", person = "" } = document.documentElement.dataset;
const main = find(document, "#main");
const { page = "", topics = "", lastEventId = "" } = main.dataset;

/** @param {string} wanted @param {string} last */
function connect(wanted, last) {
  const feed = new ResumingFeed(root, wanted, last, person);
  const controller = new AbortController();
  const reconnect = () => feed.reconnect();
  addEventListener("online", reconnect, controller);
  addEventListener("offline", reconnect, controller); // not the last word: a server on this machine answers without any network
  feed.start();
  const stop = () => {
    controller.abort();
    feed.stop();
  };
  return { feed, stop };
}

// Without locks (they need https or this very machine) tabs share nothing, so each has a channel of its own.
const shared = `quart-notes:${root}:${person}`;
const feed = new SharedFeed(navigator.locks ? shared : `${shared}:${Math.random()}`, topics, lastEventId, connect);

userActivity.start(feed);
buttonFocus.start();
growingField.start();
connectionStatus.start(find(document, "#connection"), feed, find(document, "#offline-hint"));
announcer.start(find(document, "#announcer"));
toast.start(find(document, "#toasts"));
preferences.start(feed);
serverRole.start(feed);
userNames.start(feed);
userChoices.start(feed);
/** @type {HTMLElement|null} */ const out = document.querySelector("#signed-out");
if (out) signedOut.start(out, Number(person), feed);
theme.start(find(document, "#theme-button"));
/** @type {HTMLElement|null} */ const searching = document.querySelector("#search-everything-link");
if (searching) paletteKey.start(searching);
unread.start(find(document, ".places"), Number(person), feed);
unreadBadges.start(find(document, "#rooms-place"));
/** @type {HTMLElement|null} */ const bell = document.querySelector("#bell");
if (bell) inboxBell.start(bell, Number(person), feed);
jobIndicator.start(find(document, "#job-mark"), topics.split(","), feed);
/** @type {HTMLElement|null} */ const rooms = document.querySelector("#rooms-aside");
if (rooms) roomList.start(rooms, Number(person), feed);
const pageScripts = await PAGES[page]?.();
feed.start(); // it connects while the page starts; what it brings comes later, and finds listeners
pageScripts?.start(main, feed);
// A page in the back/forward cache closes its feed, and resumes it when it is shown again.
addEventListener("pagehide", () => feed.stop());
addEventListener("pageshow", ({ persisted }) => persisted && feed.start());
