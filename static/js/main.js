/** The only entry: makes the one feed and starts each module on its part of the page. */
import * as announcer from "./announcer.js";
import * as cardStatus from "./card_status.js";
import * as clamp from "./clamp.js";
import * as composer from "./composer.js";
import * as connection from "./connection.js";
import * as deleting from "./deleting.js";
import * as doneFold from "./done_fold.js";
import { find } from "./elements.js";
import * as glow from "./glow.js";
import * as near from "./near.js";
import * as noteEditing from "./note_editing.js";
import * as notes from "./notes.js";
import { ResumingFeed } from "./resuming_feed.js";
import * as search from "./search.js";
import { SharedFeed } from "./shared_feed.js";
import * as settingAside from "./setting_aside.js";
import * as shortcuts from "./shortcuts.js";
import * as summary from "./summary.js";
import * as theme from "./theme.js";
import * as ticks from "./ticks.js";
import * as time from "./time.js";
import * as toast from "./toast.js";
import { watch } from "./watchdog.js";

const root = document.documentElement.dataset.root ?? "";
const main = find(document, "#main");
const list = find(document, "#notes");
const { topics = "", lastEventId = "" } = main.dataset;

/** @param {string} last */
function connect(last) {
  const feed = new ResumingFeed(root, topics, last);
  const unwatch = watch(feed, `${root}/api/notes?limit=1`);
  feed.start();
  const stop = () => {
    unwatch();
    feed.stop();
  };
  return { feed, stop };
}

// Without locks (they need https or this very machine) tabs share nothing, so each has a channel of its own.
const shared = `quart-notes:${root}:${topics}`;
const feed = new SharedFeed(navigator.locks ? shared : `${shared}:${Math.random()}`, lastEventId, connect);

cardStatus.start(list);
near.start(list);
clamp.start(list);
time.start(list);
glow.start(list);
ticks.start(list, feed);
deleting.start(list, feed);
notes.start(main, feed);
noteEditing.start(main, feed);
settingAside.start(main);
search.start(find(document, "#search-form", HTMLFormElement), list);
summary.start(main, list);
doneFold.start(find(document, "#fold-button"), list);
composer.start(find(document, "#add-note-form", HTMLFormElement), feed);
shortcuts.start(main, find(document, "#shortcuts", HTMLDialogElement));
connection.start(find(document, "#connection"), feed, find(document, "#offline-hint"));
announcer.start(find(document, "#announcer"), feed);
toast.start(find(document, "#toasts"));
theme.start(find(document, "#theme-button"));

feed.start();
// A page that is put aside gives up the feed, and takes it up where it was when it is taken out again.
addEventListener("pagehide", () => feed.stop());
addEventListener("pageshow", ({ persisted }) => persisted && feed.start());
