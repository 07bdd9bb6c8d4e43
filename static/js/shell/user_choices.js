/** Adds new users to each choice of all users (`data-people`). */
import { showName } from "./user_names.js";

/** @param {FeedTarget} feed */
export function start(feed) {
  const controller = new AbortController();
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, user } }) => {
    if (!user || action !== "create") return;
    /** @type {NodeListOf<HTMLSelectElement>} */ const selects = document.querySelectorAll("select[data-people]");
    for (const select of selects) offer(select, user);
  };
  feed.addEventListener("change", onChange, { signal: controller.signal });
  return () => controller.abort();
}

/** @param {HTMLSelectElement} select @param {User} user */
function offer(select, user) {
  const value = String(user.id);
  if (value === select.dataset.except || [...select.options].some((option) => option.value === value)) return;
  const option = new Option("", value);
  option.dataset.as = "choice";
  showName(option, user);
  select.add(option);
  select.closest("form[hidden]")?.removeAttribute("hidden"); // it had no choices before
}
