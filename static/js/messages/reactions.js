/** The reactions on messages: a button each, pressed for the viewer's own, and the picker of emojis. */
import { ask, explain, Problem, send } from "../lib/api.js";
import { around, clone, find } from "../lib/elements.js";
import { toast } from "../lib/page_events.js";
import { knownNickname, nicknameOf } from "../shell/user_names.js";
import { viewer } from "../shell/viewer.js";
import { openPicker } from "./emoji_picker.js";

const { root = "" } = document.documentElement.dataset;
const NAMED = 10; // users named for each emoji, as the server does

/** @type {Map<string, boolean>} whether the viewer has reacted, as it is known last, by message and emoji */
const answered = new Map();
/** @param {number} id @param {string} emoji */
const keyOf = (id, emoji) => `${id} ${emoji}`;
/** Whether an event leaves open if the viewer has reacted: it is the same for everybody. @param {Reaction} reaction */
const isOpen = ({ count, user_ids }) => count > user_ids.length && !user_ids.includes(viewer);

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
    fill(button, reaction, id);
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

/** @param {HTMLButtonElement} button @param {Reaction} reaction @param {number} id of the message */
function fill(button, reaction, id) {
  const { emoji, count, user_ids } = reaction;
  const key = keyOf(id, emoji);
  if (!isOpen(reaction)) answered.set(key, user_ids.includes(viewer));
  const own = answered.get(key) ?? button.ariaPressed === "true"; // as the server rendered it
  const number = document.createElement("b");
  number.className = "reaction-count";
  number.textContent = String(count);
  button.replaceChildren(`${emoji} `, number);
  button.value = emoji;
  press(button, own);
  button.disabled = !viewer;
  button.dataset.users = user_ids.join(" ");
  name(button);
}

/** @param {HTMLButtonElement} button @param {boolean} own */
function press(button, own) {
  button.name = own ? "remove" : "emoji";
  button.ariaPressed = String(own);
}

/** Show the viewer's own reactions as a response says; its counts may be older. @param {HTMLElement} item @param {Message} message */
function settle(item, { id, reactions = [] }) {
  const form = item.querySelector(".reactions");
  for (const { emoji, user_ids } of reactions) {
    const own = user_ids.includes(viewer);
    answered.set(keyOf(id, emoji), own);
    const button = form && buttonsIn(form).find(({ value }) => value === emoji);
    if (button) press(button, own);
  }
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

/** @param {HTMLElement} list of messages @param {ExpectingFeed} feed */
export function start(list, feed) {
  const controller = new AbortController();
  const { signal } = controller;

  /** @param {HTMLElement} item @param {string} emoji @param {"PUT"|"DELETE"} method */
  const change = async (item, emoji, method) => {
    const path = `/messages/${item.dataset.id}/reactions/${encodeURIComponent(emoji)}?author_id=${viewer}`;
    const sent = await send(method, path);
    /** @type {Message} */ const message = sent.value;
    if (message.reactions?.some(({ count, user_ids }) => count > user_ids.length)) settle(item, message);
    return sent;
  };
  /** The viewer has reacted, perhaps on another screen. @param {FeedEventMap["change"]} event */
  const onChange = async ({ detail: { by, message } }) => {
    if (!message?.reactions?.some(isOpen) || by !== viewer) return;
    /** @type {HTMLElement|null} */ const item = list.querySelector(`#message-${message.id}`);
    const found = item && (await ask(`/messages/${message.id}`, { signal }).catch(() => null));
    if (found) settle(item, found.value);
  };
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
  const showNames = async (event) => {
    const button = around(event, ".reaction", HTMLButtonElement);
    if (!button) return;
    await Promise.all(named(button).map(nicknameOf));
    name(button); // of those that were known, somebody may have another nickname by now
  };

  feed.addEventListener("change", onChange, { signal });
  list.addEventListener("submit", submit, { signal });
  list.addEventListener("click", click, { signal });
  for (const type of ["pointerover", "focusin"]) list.addEventListener(type, showNames, { signal });
  return () => controller.abort();
}
