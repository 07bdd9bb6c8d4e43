/** What the viewer is notified of in a room: a menu in its head, the same on all screens. */
import { explain, Problem, send } from "../lib/api.js";
import { find } from "../lib/elements.js";
import { toast } from "../lib/page_events.js";

/** @param {HTMLElement} menu @param {number} roomId @param {number} me @param {ExpectingFeed} feed */
export function start(menu, roomId, me, feed) {
  const form = find(menu, "form", HTMLFormElement);
  /** @param {string} level */
  const show = (level) => {
    /** @type {NodeListOf<HTMLButtonElement>} */ const choices = form.querySelectorAll("[name=level]");
    for (const choice of choices) choice.ariaPressed = String(choice.value === level);
  };
  form.addEventListener("submit", async (event) => {
    if (!(event.submitter instanceof HTMLButtonElement)) return;
    event.preventDefault();
    const level = event.submitter.value;
    try {
      const { eventId } = await send("PUT", `/rooms/${roomId}/level`, { reader_id: me, level });
      feed.expectEvent(eventId);
      show(level);
      menu.hidePopover?.();
    } catch (caught) {
      toast(explain(Problem.of(caught)));
    }
  });
  feed.addEventListener("change", ({ detail: { unread, topic } }) => {
    if (unread?.room_id === roomId && topic === `user:${me}`) show(unread.level);
  });
}
