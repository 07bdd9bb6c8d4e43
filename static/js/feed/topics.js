/** Topics of subscriptions and events. */

const EVERY_ROOM = "room:*";
const EVERY_BOARD = "board:*";

/** @param {string} text separated by commas @returns {string[]} each once, in one order */
export const topicsIn = (text) => [...new Set(text.split(",").filter(Boolean))].sort();

/**
 * Whether an event belongs to these topics. Presence belongs only to subscriptions that name the room.
 * @param {string[]} topics @param {FeedEvent} event
 */
export function isAbout(topics, { id, topic = "" }) {
  if (topics.includes(topic)) return true;
  if (topic.startsWith("board:")) return topics.includes(EVERY_BOARD);
  return Boolean(id) && topic.startsWith("room:") && topics.includes(EVERY_ROOM);
}

/** Whether a topic is about one thing, which may be gone, or not for everybody. @param {string} topic */
export const isOfOne = (topic) => /^(user|room|board):\d/.test(topic);
