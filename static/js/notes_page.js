/** The board's page: starts each module on its part of it. */
import * as boardNews from "./board_news.js";
import * as boardSwitcher from "./board_switcher.js";
import * as cardStatus from "./card_status.js";
import * as clamp from "./clamp.js";
import * as composer from "./composer.js";
import * as deleting from "./deleting.js";
import * as doneFold from "./done_fold.js";
import { find } from "./elements.js";
import * as glow from "./glow.js";
import * as near from "./near.js";
import * as noteEditing from "./note_editing.js";
import { noteKeys } from "./note_keys.js";
import * as noteNews from "./note_news.js";
import * as notes from "./notes.js";
import * as search from "./search.js";
import * as searchMarks from "./search_marks.js";
import * as settingAside from "./setting_aside.js";
import * as shortcuts from "./shortcuts.js";
import * as summary from "./summary.js";
import * as ticks from "./ticks.js";
import * as time from "./time.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const list = find(element, "#notes");
  cardStatus.start(list);
  near.start(list);
  clamp.start(list);
  time.start(list);
  glow.start(list);
  ticks.start(list, feed);
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
