/** The page of imports and exports: starts each module on its part of it. */
import * as boardUpdates from "../boards/board_updates.js";
import { find } from "../lib/elements.js";
import * as importForm from "./import_form.js";
import * as jobActions from "./job_actions.js";
import * as jobList from "./job_list.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const list = find(element, "#jobs");
  boardUpdates.start(element, feed);
  importForm.start(find(element, "#import-form", HTMLFormElement), feed);
  jobList.start(list, feed);
  jobActions.start(list, feed);
}
