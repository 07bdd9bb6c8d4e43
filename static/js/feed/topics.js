/** Topics of subscriptions and events. */

const EVERY_ROOM = "room:*";
const EVERY_BOARD = "board:*";
export const CLOSED_ROOMS = "closed:*"; // of the person: the server knows which

/** @param {string} text separated by commas @returns {string[]} each once, in one order */
export const topicsIn = (text) => [...new Set(text.split(",").filter(Boolean))].sort();

/**
 * Whether an event belongs to these topics. Presence belongs only to subscriptions that name the room.
 * @param {string[]} topics @param {FeedEvent} event
 */
export function isAbout(topics, { id, topic = "" }) {
  if (topics.includes(topic)) return true;
  if (topic.startsWith("board:")) return topics.includes(EVERY_BOARD);
  const rooms = topics.includes(EVERY_ROOM) || topics.includes(CLOSED_ROOMS); // a guest has the latter alone
  return Boolean(id) && topic.startsWith("room:") && rooms;
}
