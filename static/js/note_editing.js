/** Editing in place: which cards have an editor, and the drafts that outlive the page. */
import { noteOf } from "./card.js";
import { toast } from "./messages.js";
import { NoteEditor } from "./note_editor.js";
import { draftKey } from "./note_text.js";
import { keep, kept, keysFrom } from "./storage.js";

/** @param {HTMLElement} element the page's main @param {any} feed */
export function start(element, feed) {
  const over = new AbortController();
  /** @type {Map<Element, NoteEditor>} */ const editors = new Map();

  const edit = (card, draft = kept(draftKey(noteOf(card).id))) => {
    if (!editors.has(card)) editors.set(card, new NoteEditor(card, feed, draft, () => editors.delete(card)));
    return editors.get(card);
  };
  /** A draft is opened again where it was, without taking the focus. */
  const resume = (card) => {
    const draft = kept(draftKey(noteOf(card).id));
    if (draft) edit(card, draft);
  };
  const resumeAll = () => {
    for (const key of keysFrom(draftKey(""))) {
      const card = document.getElementById(`note-${key.slice(draftKey("").length)}`);
      if (card) resume(card);
      else offer(key);
    }
  };
  const changed = ({ target, detail: { note, before } }) => {
    if (!before) resume(target);
    else editors.get(target)?.newer(note);
  };
  const click = (event) => {
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!plain || !event.target.closest(".edit-link")) return;
    event.preventDefault();
    edit(event.target.closest(".note")).form.focus();
  };
  const doubleClick = ({ target }) => {
    const body = target.closest(".note-body");
    if (body && !target.closest("button")) edit(body.closest(".note")).form.focus();
  };
  const listen = (name, hear) => element.addEventListener(name, hear, { signal: over.signal });

  listen("click", click);
  listen("dblclick", doubleClick);
  listen("note:edit", ({ target, detail }) => edit(target, detail ?? undefined).form.focus());
  listen("note:changed", changed);
  listen("note:going", ({ target }) => editors.get(target)?.gone());
  listen("board:loaded", resumeAll);
  element.querySelectorAll(".note").forEach(resume);
  return () => over.abort();
}

/** The note under a draft is gone: its text is not. @param {string} key */
function offer(key) {
  const { title, description } = kept(key);
  const use = () => {
    document.dispatchEvent(
      new CustomEvent("composer:use", { detail: { title: title ?? "", description: description ?? "" } }),
    );
    keep(key, null);
  };
  toast("A note that you were editing has been deleted.", { label: "Use the text", run: use });
}
