/** Says who is doing something: "Ada and Ben are typing…". */
import { showName } from "./user_names.js";

/**
 * Each name is isolated from the words around it, with its own direction.
 * @param {User[]} people @param {"typing"|"editing"} doing @returns {(Node|string)[]} nothing for nobody
 */
export function activitySentence(people, doing) {
  const [first, second] = people.map((person) => {
    const bdi = document.createElement("bdi");
    showName(bdi, person);
    return bdi;
  });
  if (!people.length) return [];
  if (people.length === 1) return [first, ` is ${doing}…`];
  if (people.length === 2) return [first, " and ", second, ` are ${doing}…`];
  return [first, ` and ${people.length - 1} others are ${doing}…`];
}
