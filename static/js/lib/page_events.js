/** Messages between modules, as DOM events that bubble (types.d.ts names them all). */

/**
 * @template {keyof Messages} Name
 * @param {EventTarget} target @param {Name} name @param {DetailOf<Name>} detail
 */
export function emit(target, name, ...[detail]) {
  target.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

/** @param {string} text for screen readers, without interrupting */
export function announce(text) {
  emit(document, "announce", text);
}

/** A change by others: a burst is only counted. @param {string} text */
export function announceNews(text) {
  emit(document, "announce:news", text);
}

/** @param {string} text @param {ToastAction} [action] a way back */
export function toast(text, action) {
  emit(document, "toast", { text, action });
}
