/** A person's card: made from the blank one in the page's own template, its slots filled as text. */
import { drawAvatar } from "./avatar.js";
import { address, clone, find } from "./elements.js";

/** @param {User} user @returns {HTMLElement} */
export function cardFor(user) {
  const card = clone("user-card");
  card.id = `user-${user.id}`;
  card.dataset.id = String(user.id);
  drawAvatar(find(card, ".avatar"), user.nickname, user.id);
  find(card, ".user-nick").textContent = user.nickname;
  find(card, ".user-full").textContent = user.name;
  address(find(card, ".user-name"), "href", user.id);
  const mail = find(card, ".user-mail", HTMLAnchorElement);
  mail.href = mailTo(user.email);
  mail.textContent = user.email;
  const be = card.querySelector(".be-button"); // where everybody is who they choose to be
  if (be instanceof HTMLButtonElement) {
    be.value = String(user.id);
    be.ariaLabel = `Be this person: ${user.nickname}`;
  }
  const talk = find(card, ".talk-button");
  address(talk, "formaction", user.id);
  talk.ariaLabel = `Talk: ${user.nickname}`;
  return card;
}

/** As the server writes it: an address may have what means something in a link. @param {string} email */
function mailTo(email) {
  const quoted = encodeURIComponent(email).replace(
    /[!'*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `mailto:${quoted.replace("%40", "@").replaceAll("%2F", "/")}`;
}
