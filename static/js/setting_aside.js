/** Text that was typed and not saved is set aside, not thrown away: a message offers it back. */
import { toast } from "./messages.js";
import { sameText } from "./note_text.js";

/** @param {number} id of the note @param {import("./note_text.js").Draft} draft @param {string} words */
export function setAside(id, draft, words) {
  if (sameText(draft, draft.base)) return;
  const again = () => {
    const card = document.getElementById(`note-${id}`);
    card?.dispatchEvent(new CustomEvent("note:edit", { bubbles: true, detail: draft }));
  };
  toast(words, { label: "Get it back", run: again });
}
