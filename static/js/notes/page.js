/** The board's page: starts its modules. */
import * as boardSwitcher from "../boards/board_switcher.js";
import * as boardUpdates from "../boards/board_updates.js";
import { find } from "../lib/elements.js";
import * as expandableText from "../lib/expandable_text.js";
import * as time from "../lib/time.js";
import * as visibleArea from "../lib/visible_area.js";
import * as shortcuts from "../shell/shortcuts.js";
import * as feedUpdates from "./feed_updates.js";
import * as hideDone from "./hide_done.js";
import * as doneTasksLast from "./done_tasks_last.js";
import * as highlightChanges from "./highlight_changes.js";
import * as noteAnnouncements from "./note_announcements.js";
import * as noteComposer from "./note_composer.js";
import * as noteCounts from "./note_counts.js";
import * as noteDeleting from "./note_deleting.js";
import * as noteEditing from "./note_editing.js";
import * as editingSender from "./editing_sender.js";
import * as noteEditors from "./card/note_editors.js";
import * as noteFlags from "./card/note_flags.js";
import { noteKeys } from "./note_keys.js";
import * as noteLink from "./card/note_link.js";
import * as noteSearch from "./note_search.js";
import * as noteTasks from "./card/note_tasks.js";
import * as saveStatus from "./save_status.js";
import * as searchHighlights from "./search_highlights.js";
import * as unsavedDrafts from "./unsaved_drafts.js";
import * as visibleCards from "./visible_cards.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const list = find(element, "#notes");
  visibleArea.start();
  saveStatus.start(list);
  visibleCards.start(list);
  expandableText.start(list);
  time.start(list);
  highlightChanges.start(list);
  noteFlags.start(list, feed);
  noteTasks.start(list, feed);
  noteLink.start(list);
  noteDeleting.start(list, feed);
  feedUpdates.start(element, feed);
  noteEditors.start(element, feed);
  editingSender.start(element, feed);
  noteEditing.start(element, feed);
  noteAnnouncements.start(feed);
  boardUpdates.start(element, feed);
  boardSwitcher.start(find(document, "#switcher", HTMLDetailsElement), feed);
  unsavedDrafts.start(element);
  searchHighlights.start(list);
  noteSearch.start(find(document, "#search-form", HTMLFormElement), list);
  noteCounts.start(element, list);
  hideDone.start(find(element, "#fold-button"), list);
  doneTasksLast.start(list, find(element, "#done-tasks-last"));
  noteComposer.start(find(element, "#add-note-form", HTMLFormElement), feed);
  shortcuts.start(find(document, "#shortcuts", HTMLDialogElement), noteKeys(list));
}
