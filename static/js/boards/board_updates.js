/** Changes of the open board: a new name, other settings, another role, deletion, restoration. */
import { ask, Problem } from "../lib/api.js";
import { find } from "../lib/elements.js";
import { announce } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";
import { rename } from "./board_names.js";
import { keepDraftVisible, setRole } from "./board_role.js";
import { setTick } from "./board_tick.js";
import { boardId } from "./current_board.js";

const DELETED = "This board has been deleted.";
const TAKEN = "You no longer have access to this board.";
const KEPT = "What you were writing is kept here: copy it before you go.";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const notice = find(element, "#board-gone");
  const words = find(notice, ".gone-words");

  /** @param {string} why */
  const showNotice = (why) => {
    if (element.dataset.gone) return;
    keepDraftVisible();
    element.dataset.gone = why;
    const typed = element.querySelector(".composer[data-held], .note[data-editing]");
    words.textContent = typed ? `${why} ${KEPT}` : why;
    notice.hidden = false;
    announce(words.textContent);
  };
  /** The events since then are not here: the page reloads; drafts are kept. */
  const reload = () => {
    if (!element.dataset.gone) return;
    location.reload();
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, board, membership } }) => {
    if (board?.id === boardId) {
      if (action === "delete") showNotice(DELETED);
      else if (action === "create") reload();
      else {
        rename(board);
        setTick(board.tick);
      }
    }
    if (membership?.board_id !== boardId) return;
    if (action === "delete") showNotice(TAKEN);
    else if (action === "create") reload();
    else setRole(membership.role);
  };
  const check = async () => {
    try {
      const { value } = await ask(`/boards/${boardId}`, { signal });
      rename(value);
      setRole(value.role);
      setTick(value.tick);
      reload();
    } catch (caught) {
      if (Problem.of(caught).status !== 404) throw caught;
      showNotice(TAKEN);
    }
  };

  feed.addEventListener("change", onChange, { signal });
  const checkAgain = () => retryUntilDone(check, feed, signal);
  feed.addEventListener("reset", checkAgain, { signal });
  feed.addEventListener("denied", ({ detail }) => detail.includes(`board:${boardId}`) && checkAgain(), { signal });
  return () => controller.abort();
}
