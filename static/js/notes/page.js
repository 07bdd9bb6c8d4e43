/** The board's page: starts its modules. */
import { find } from "../lib/elements.js";
import * as expandableText from "../lib/expandable_text.js";
import * as shortcuts from "../shell/shortcuts.js";
import * as feedUpdates from "./feed_updates.js";
import * as hideDone from "./hide_done.js";
import * as lastVisit from "./history/last_visit.js";
import * as doneTasksLast from "./done_tasks_last.js";
import * as noteComposer from "./note_composer.js";
import * as noteCounts from "./note_counts.js";
import * as noteFilter from "./note_filter.js";
import { noteKeys } from "./note_keys.js";
import * as noteSearch from "./note_search.js";
import * as boardLayout from "./layout/board_layout.js";
import * as dragging from "./order/dragging.js";
import * as moveKeys from "./order/move_keys.js";
import * as noteSorting from "./order/note_sorting.js";
import * as searchHighlights from "./search_highlights.js";
import * as cardSelecting from "./selection/card_selecting.js";
import * as longPress from "./selection/long_press.js";
import { Selection } from "./selection/selection.js";
import * as selectionBar from "./selection/selection_bar.js";
import { selectionKeys } from "./selection/selection_keys.js";
import { startCards } from "./card/card_modules.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const list = find(element, "#notes");
  boardLayout.start(list);
  expandableText.start(list);
  startCards(element, list, feed, () => feedUpdates.start(element, feed));
  searchHighlights.start(list);
  noteSorting.start(find(element, "#sort-field", HTMLSelectElement), list, noteSorting.firstSort(element));
  noteSearch.start(find(document, "#search-form", HTMLFormElement), list);
  noteFilter.start(find(element, "#filter"));
  moveKeys.start(list, feed);
  dragging.start(list, feed);
  noteCounts.start(element, list);
  hideDone.start(find(element, "#fold-button"), list);
  doneTasksLast.start(list, find(element, "#done-tasks-last"));
  /** @type {HTMLFormElement|null} */ const since = element.querySelector("#since");
  if (since) lastVisit.start(since, list);
  noteComposer.start(find(element, "#add-note-form", HTMLFormElement), feed);
  const selection = new Selection(list);
  longPress.start(list, selection);
  cardSelecting.start(list, find(element, "#select-link"), selection);
  const press = selectionBar.start(find(element, "#selection-bar"), list, selection, feed);
  shortcuts.start(find(document, "#shortcuts", HTMLDialogElement), selectionKeys(selection, press, noteKeys(list)));
}
