/** Carries what is typed, and where, over a reload that nobody asked for. Passwords are typed again. */

const KEY = "quart-notes-dev:typed";
const FIELDS = 'textarea, input:not([type]), input:is([type="text"], [type="search"], [type="email"], [type="url"])';

/** @typedef {HTMLInputElement|HTMLTextAreaElement} Field */
/** @typedef {{path: string, typed: Record<string, string>, focus: string, from: number|null, to: number|null}} Kept */

/** Remember it for the page that comes. */
export function keep() {
  const all = [...fields()];
  const typed = all
    .filter(([, field]) => field.value !== field.defaultValue)
    .map(([name, field]) => [name, field.value]);
  const [focus, field] = all.find(([, field]) => field === document.activeElement) ?? ["", null];
  /** @type {Kept} */
  const kept = {
    path: location.pathname,
    typed: Object.fromEntries(typed),
    focus,
    from: field?.selectionStart ?? null,
    to: field?.selectionEnd ?? null,
  };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Storage is switched off or full: it is typed again.
  }
}

/** Put it back, once. */
export function restore() {
  const kept = take();
  if (kept?.path !== location.pathname) return;
  for (const [name, field] of fields()) {
    const typed = kept.typed[name];
    if (typed !== undefined && field.value !== typed) {
      field.value = typed;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    if (name !== kept.focus) continue;
    field.focus({ preventScroll: true });
    if (kept.from !== null) field.setSelectionRange(kept.from, kept.to);
  }
}

/** @returns {Kept|null} */
function take() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    sessionStorage.removeItem(KEY);
    return kept;
  } catch {
    return null;
  }
}

/** @returns {Map<string, Field>} each with a name that the same field has on the page that comes */
function fields() {
  /** @type {Map<string, Field>} */ const found = new Map();
  for (const field of /** @type {NodeListOf<Field>} */ (document.querySelectorAll(FIELDS))) {
    const name = field.id || `${field.form?.id || field.form?.getAttribute("action") || ""} ${field.name}`;
    if (!found.has(name)) found.set(name, field);
  }
  return found;
}
