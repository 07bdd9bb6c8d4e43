/** The only entry: makes the one feed, starts what every page has, then what this page is about. */
import * as announcer from "./announcer.js";
import * as atThePage from "./at_the_page.js";
import * as badges from "./badges.js";
import * as buttonFocus from "./button_focus.js";
import * as connection from "./connection.js";
import { find } from "./elements.js";
import * as growingField from "./growing_field.js";
import * as jobMark from "./job_mark.js";
import * as peopleChoices from "./people_choices.js";
import * as peopleNames from "./people_names.js";
import * as preferences from "./preferences.js";
import { ResumingFeed } from "./resuming_feed.js";
import * as roomList from "./room_list.js";
import { SharedFeed } from "./shared_feed.js";
import * as signedOut from "./signed_out.js";
import * as theme from "./theme.js";
import * as toast from "./toast.js";
import * as unread from "./unread.js";
import { watch } from "./watchdog.js";

/** @type {Record<string, () => Promise<{start: (element: HTMLElement, feed: ExpectingFeed) => void}>>} */
const PAGES = {
  notes: () => import("./notes_page.js"),
  users: () => import("./users_page.js"),
  messages: () => import("./messages_page.js"),
  room: () => import("./room_page.js"),
  boards: () => import("./boards_page.js"),
  board: () => import("./board_page.js"),
  transfer: () => import("./transfer_page.js"),
  account: () => import("./account_page.js"),
};

const { root = "", person = "" } = document.documentElement.dataset;
const main = find(document, "#main");
const { page = "", topics = "", lastEventId = "" } = main.dataset;

/** @param {string} wanted @param {string} last */
function connect(wanted, last) {
  const feed = new ResumingFeed(root, wanted, last, person);
  const watchdog = watch(feed, `${root}/api/notes?limit=1`);
  feed.start();
  const stop = () => {
    watchdog.stop();
    feed.stop();
  };
  return { feed, look: watchdog.look, stop };
}

// Without locks (they need https or this very machine) tabs share nothing, so each has a channel of its own.
const shared = `quart-notes:${root}:${person}`;
const feed = new SharedFeed(navigator.locks ? shared : `${shared}:${Math.random()}`, topics, lastEventId, connect);

atThePage.start(feed);
buttonFocus.start();
growingField.start();
connection.start(find(document, "#connection"), feed, find(document, "#offline-hint"));
announcer.start(find(document, "#announcer"));
toast.start(find(document, "#toasts"));
preferences.start(feed);
peopleNames.start(feed);
peopleChoices.start(feed);
/** @type {HTMLElement|null} */ const out = document.querySelector("#signed-out");
if (out) signedOut.start(out, Number(person), feed);
theme.start(find(document, "#theme-button"));
unread.start(find(document, ".places"), Number(person), feed);
badges.start(find(document, "#rooms-place"));
jobMark.start(find(document, "#job-mark"), topics.split(","), feed);
/** @type {HTMLElement|null} */ const rooms = document.querySelector("#rooms-aside");
if (rooms) roomList.start(rooms, Number(person), feed);
(await PAGES[page]?.())?.start(main, feed);

feed.start();
// A page that is put aside gives up the feed, and takes it up where it was when it is taken out again.
addEventListener("pagehide", () => feed.stop());
addEventListener("pageshow", ({ persisted }) => persisted && feed.start());
