/** Text that was typed and not saved is set aside, not thrown away: a message offers it back. */
import { emit, toast } from "./messages.js";
import { sameText } from "./note_text.js";

/** @param {number} id of the note @param {Draft} draft @param {string} words */
export function setAside(id, draft, words) {
  if (sameText(draft, draft.base)) return;
  const again = () => {
    const card = document.getElementById(`note-${id}`);
    if (card) emit(card, "note:edit", draft);
  };
  toast(words, { label: "Get it back", run: again });
}
