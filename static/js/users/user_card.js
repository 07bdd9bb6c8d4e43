/** A user's card: a copy of the blank one in the page's template, its slots filled as text. */
import { address, clone, find } from "../lib/elements.js";
import { showNames } from "../shell/user_names.js";
import { viewer } from "../shell/viewer.js";

/** @param {User} user @returns {HTMLElement} */
export function cardFor(user) {
  const card = clone("user-card");
  card.id = `user-${user.id}`;
  card.dataset.id = String(user.id);
  card.toggleAttribute("data-me", user.id === viewer);
  address(find(card, ".user-name"), "href", user.id);
  address(find(card, ".talk-button"), "formaction", user.id);
  const access = card.querySelector(".user-access-sheet"); // for administrators
  if (access) {
    address(access, "action", user.id);
    for (const button of access.querySelectorAll("button")) address(button, "formaction", user.id);
  }
  fill(card, user);
  return card;
}

/** Update the card; an unknown address stays as it is. @param {HTMLElement} card @param {User} user */
export function fill(card, user) {
  card.toggleAttribute("data-deactivated", Boolean(user.deactivated));
  card.toggleAttribute("data-admin", Boolean(user.admin));
  card.toggleAttribute("data-guest", Boolean(user.guest));
  showNames(card, user);
  if (user.email !== undefined) showMail(find(card, ".user-mail", HTMLAnchorElement), user.email);
  const be = card.querySelector(".be-button"); // where everybody is who they choose to be
  if (be instanceof HTMLButtonElement) be.value = String(user.id);
}

/** @param {HTMLAnchorElement} mail @param {string|null} email */
function showMail(mail, email) {
  mail.hidden = !email;
  if (!email) return;
  mail.href = mailTo(email);
  find(mail, ".user-address").textContent = email;
}

/** Encoded as by the server: an address may contain characters with a meaning in a link. @param {string} email */
function mailTo(email) {
  const quoted = encodeURIComponent(email).replace(
    /[!'*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `mailto:${quoted.replace("%40", "@").replaceAll("%2F", "/")}`;
}
