/** The reactions on messages: a button each, pressed for the viewer's own, and the picker of emojis. */
import { explain, Problem, send } from "../lib/api.js";
import { around, clone, find } from "../lib/elements.js";
import { toast } from "../lib/page_events.js";
import { knownNickname, nicknameOf } from "../shell/user_names.js";
import { viewer } from "../shell/viewer.js";
import { openPicker } from "./emoji_picker.js";

const { root = "" } = document.documentElement.dataset;
const NAMED = 10; // users named for each emoji, as the server does

/** Update the buttons; those that stay keep the focus. @param {HTMLElement} item @param {Message} message */
export function fillReactions(item, { id, room_id, reactions = [] }) {
  const shown = item.querySelector(".reactions");
  if (!shown && !reactions.length) return;
  const form = shown ?? blankForm(item, id, room_id);
  const former = shown ? buttonsIn(form) : [];
  const focused = document.activeElement;
  const wanted = reactions.map((reaction) => {
    const button =
      former.find(({ value }) => value === reaction.emoji) ?? find(clone("reactions"), "button", HTMLButtonElement);
    fill(button, reaction);
    return button;
  });
  for (const button of former) if (!wanted.includes(button)) button.remove();
  for (const [place, button] of wanted.entries()) {
    if (form.children[place] !== button) form.insertBefore(button, form.children[place] ?? null);
  }
  if (!wanted.length) form.remove();
  if (focused instanceof HTMLElement && former.some((one) => one === focused && !one.isConnected)) {
    item.focus({ preventScroll: true });
  }
}

/** A form without buttons, in its place. @param {HTMLElement} item @param {number} id @param {number} roomId */
function blankForm(item, id, roomId) {
  const form = clone("reactions");
  form.setAttribute("action", `${root}/front/rooms/${roomId}/messages/${id}/reactions`);
  form.replaceChildren();
  (item.querySelector(".cell-text") ?? item).append(form);
  return form;
}

/** @param {Element} form */
const buttonsIn = (form) => /** @type {HTMLButtonElement[]} */ ([...form.children]);

/** @param {HTMLButtonElement} button @param {Reaction} reaction */
function fill(button, { emoji, count, user_ids }) {
  const own = user_ids.includes(viewer);
  const number = document.createElement("b");
  number.className = "reaction-count";
  number.textContent = String(count);
  button.replaceChildren(`${emoji} `, number);
  button.name = own ? "remove" : "emoji";
  button.value = emoji;
  button.ariaPressed = String(own);
  button.disabled = !viewer;
  button.dataset.users = user_ids.join(" ");
  name(button);
}

/** The ids of those who are named. @param {HTMLElement} button */
const named = ({ dataset }) => (dataset.users ?? "").split(" ", NAMED).map(Number);

/** Say who reacted, as far as the page knows their names. @param {HTMLButtonElement} button */
function name(button) {
  const count = Number(find(button, ".reaction-count").textContent);
  const names = named(button).map(knownNickname).filter(Boolean);
  const more = names.length && count > names.length ? ` and ${count - names.length} more` : "";
  button.title = names.join(", ") + more;
  button.ariaLabel = [`${button.value} ${count}`, button.title].filter(Boolean).join(": ");
}

/** The reactions of an item that the server rendered. @param {HTMLElement} item @returns {Reaction[]} */
export function readReactions(item) {
  const form = item.querySelector(".reactions");
  return (form ? buttonsIn(form) : []).map((button) => ({
    emoji: button.value,
    count: Number(find(button, ".reaction-count").textContent),
    user_ids: (button.dataset.users ?? "").split(" ").filter(Boolean).map(Number),
  }));
}

/** @param {HTMLElement} list of messages */
export function start(list) {
  const controller = new AbortController();
  const { signal } = controller;

  /** @param {HTMLElement} item @param {string} emoji @param {"PUT"|"DELETE"} method */
  const change = (item, emoji, method) =>
    send(method, `/messages/${item.dataset.id}/reactions/${encodeURIComponent(emoji)}?author_id=${viewer}`);
  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    const item = around(event, ".reactions") && around(event, ".message, .message-row");
    const { submitter: button } = event;
    if (!item || !(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    const { value, name } = button;
    const act = async () => {
      try {
        await change(item, value, name === "remove" ? "DELETE" : "PUT");
      } catch (caught) {
        toast(explain(Problem.of(caught)), { label: "Retry", run: act });
      }
    };
    await act();
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    const link = around(event, ".react-link");
    const item = link?.closest(".message, .message-row");
    if (link && item instanceof HTMLElement) openPicker(event, link, (emoji) => change(item, emoji, "PUT"));
  };
  /** Load the names that are missing when somebody wants to know them. @param {Event} event */
  const ask = async (event) => {
    const button = around(event, ".reaction", HTMLButtonElement);
    if (!button) return;
    await Promise.all(named(button).map(nicknameOf));
    name(button); // of those that were known, somebody may have another nickname by now
  };

  list.addEventListener("submit", submit, { signal });
  list.addEventListener("click", click, { signal });
  for (const type of ["pointerover", "focusin"]) list.addEventListener(type, ask, { signal });
  return () => controller.abort();
}
