/** Carries typed text and the focus over a reload. Passwords have to be typed again. */

const KEY = "quart-notes-dev:typed";
const FIELDS = 'textarea, input:not([type]), input:is([type="text"], [type="search"], [type="email"], [type="url"])';

/** @typedef {HTMLInputElement|HTMLTextAreaElement} Field */
/** @typedef {{path: string, typed: Record<string, string>, focus: string, from: number|null, to: number|null}} Saved */

/** Save it for the next page. */
export function save() {
  const all = [...fields()];
  const typed = all
    .filter(([, field]) => field.value !== field.defaultValue)
    .map(([name, field]) => [name, field.value]);
  const [focus, field] = all.find(([, field]) => field === document.activeElement) ?? ["", null];
  /** @type {Saved} */
  const saved = {
    path: location.pathname,
    typed: Object.fromEntries(typed),
    focus,
    from: field?.selectionStart ?? null,
    to: field?.selectionEnd ?? null,
  };
  sessionStorage.setItem(KEY, JSON.stringify(saved));
}

/** Restore it, once. */
export function restore() {
  /** @type {Saved|null} */
  const saved = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  if (saved?.path !== location.pathname) return;
  for (const [name, field] of fields()) {
    const typed = saved.typed[name];
    if (typed !== undefined && field.value !== typed) {
      field.value = typed;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    if (name !== saved.focus) continue;
    field.focus({ preventScroll: true });
    if (saved.from !== null) field.setSelectionRange(saved.from, saved.to);
  }
}

/** @returns {Map<string, Field>} each with a name that the same field has on the next page */
function fields() {
  /** @type {Map<string, Field>} */ const found = new Map();
  for (const field of /** @type {NodeListOf<Field>} */ (document.querySelectorAll(FIELDS))) {
    const name = field.id || `${field.form?.id || field.form?.getAttribute("action") || ""} ${field.name}`;
    if (!found.has(name)) found.set(name, field);
  }
  return found;
}
