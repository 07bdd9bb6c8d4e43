/** The board's page: starts its modules. */
import * as boardSwitcher from "../boards/board_switcher.js";
import * as boardNews from "../boards/board_updates.js";
import { find } from "../lib/elements.js";
import * as clamp from "../lib/expandable_text.js";
import * as time from "../lib/time.js";
import * as shortcuts from "../shell/shortcuts.js";
import * as notes from "./feed_updates.js";
import * as doneFold from "./hide_done.js";
import * as glow from "./highlight_changes.js";
import * as noteNews from "./note_announcements.js";
import * as composer from "./note_composer.js";
import * as summary from "./note_counts.js";
import * as deleting from "./note_deleting.js";
import * as noteEditing from "./note_editing.js";
import * as flags from "./note_flags.js";
import { noteKeys } from "./note_keys.js";
import * as search from "./note_search.js";
import * as cardStatus from "./save_status.js";
import * as searchMarks from "./search_highlights.js";
import * as settingAside from "./unsaved_drafts.js";
import * as near from "./visible_cards.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const list = find(element, "#notes");
  cardStatus.start(list);
  near.start(list);
  clamp.start(list);
  time.start(list);
  glow.start(list);
  flags.start(list, feed);
  deleting.start(list, feed);
  notes.start(element, feed);
  noteEditing.start(element, feed);
  noteNews.start(feed);
  boardNews.start(element, feed);
  boardSwitcher.start(find(document, "#switcher", HTMLDetailsElement), feed);
  settingAside.start(element);
  searchMarks.start(list);
  search.start(find(document, "#search-form", HTMLFormElement), list);
  summary.start(element, list);
  doneFold.start(find(element, "#fold-button"), list);
  composer.start(find(element, "#add-note-form", HTMLFormElement), feed);
  shortcuts.start(find(document, "#shortcuts", HTMLDialogElement), noteKeys(list));
}
