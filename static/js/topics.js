/** Topics: what a subscription asks for, and what an event is about. */

const EVERY_ROOM = "room:*";

/** @param {string} text separated by commas @returns {string[]} each once, in one order */
export const topicsIn = (text) => [...new Set(text.split(",").filter(Boolean))].sort();

/**
 * Whether somebody who wants these topics is to be told of an event. Who is in a room is told only to who named it.
 * @param {string[]} topics @param {FeedEvent} event
 */
export function isAbout(topics, { id, topic = "" }) {
  return topics.includes(topic) || (Boolean(id) && topic.startsWith("room:") && topics.includes(EVERY_ROOM));
}

/** Without what only somebody in particular may hear. @param {string} topics */
export const publicOf = (topics) =>
  topicsIn(topics)
    .filter((topic) => !/^(user|room):\d/.test(topic))
    .join(",");
