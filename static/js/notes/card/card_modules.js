/** Starts what cards can do, on the board and on the page of one note. */
import * as boardSwitcher from "../../boards/board_switcher.js";
import * as boardUpdates from "../../boards/board_updates.js";
import * as searchButton from "../../boards/search_button.js";
import { find } from "../../lib/elements.js";
import * as time from "../../lib/time.js";
import * as visibleArea from "../../lib/visible_area.js";
import * as editingSender from "../editing_sender.js";
import * as highlightChanges from "../highlight_changes.js";
import * as noteAnnouncements from "../note_announcements.js";
import * as noteDeleting from "../note_deleting.js";
import * as noteEditing from "../note_editing.js";
import * as saveStatus from "../save_status.js";
import * as unsavedDrafts from "../unsaved_drafts.js";
import * as visibleCards from "../visible_cards.js";
import * as boardLabels from "../labels/board_labels.js";
import * as labelPicker from "../labels/label_picker.js";
import * as noteLabels from "../labels/note_labels.js";
import * as cardIcons from "./card_icons.js";
import * as colourPicker from "./colour_picker.js";
import * as noteEditors from "./note_editors.js";
import * as noteFlags from "./note_flags.js";
import * as noteLink from "./note_link.js";
import * as noteTasks from "./note_tasks.js";
import * as noteThread from "./note_thread.js";
import * as noteTools from "./note_tools.js";

/**
 * @param {HTMLElement} element the page's main @param {HTMLElement} list @param {ExpectingFeed} feed
 * @param {() => void} follow applies the feed's events to the cards; drafts are resumed in what it has read
 */
export function startCards(element, list, feed, follow) {
  visibleArea.start();
  boardLabels.start(element, feed);
  noteLabels.start(element, list);
  saveStatus.start(list);
  visibleCards.start(list);
  time.start(list);
  cardIcons.start(list);
  highlightChanges.start(list);
  noteFlags.start(list, feed);
  noteTasks.start(list, feed);
  noteLink.start(list);
  noteTools.start(list);
  colourPicker.start(list, feed);
  labelPicker.start(list, feed);
  noteDeleting.start(list, feed);
  follow();
  noteThread.start(element, list, feed);
  noteEditors.start(element, feed);
  editingSender.start(element, feed);
  noteEditing.start(element, feed);
  noteAnnouncements.start(feed);
  boardUpdates.start(element, feed);
  boardSwitcher.start(find(document, "#switcher", HTMLDetailsElement), feed);
  searchButton.start(find(document, ".board-bar"));
  unsavedDrafts.start(element);
}
