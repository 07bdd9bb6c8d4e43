/** Makes the selected words of a Markdown text a link, or plain again. */
import { trim, wordAround } from "./inline_commands.js";

/** @typedef {import("./undoable_edit.js").Edit} Edit */

const LINK = /(?<!!)\[((?:[^\][\\]|\\.)*)\]\([^()\s]*\)/g;
const ADDRESS = /^(?:https?:\/\/|mailto:|tel:)[^\s<>]+$/i;
const NEW_ADDRESS = "https://"; // selected, to be typed

/** Whether a text is an address that notes link to. @param {string} text */
export const isAddress = (text) => ADDRESS.test(text);

/** @param {string} words @param {string} address */
export const linkTo = (words, address) => `[${words}](${address.replaceAll("(", "%28").replaceAll(")", "%29")})`;

/** Make the selection a link; a link its words. @param {string} text @param {number} start @param {number} end @returns {Edit} */
export function toggleLink(text, start, end) {
  const link = linkAround(text, start, end);
  if (link) return { ...link, selection: [link.from, link.from + link.text.length] };
  const { from, to } = start === end ? wordAround(text, start) : trim(text, start, end);
  const words = text.slice(from, to);
  if (isAddress(words)) return { from, to, text: linkTo("", words), selection: [from + 1, from + 1] };
  const address = from + words.length + "[](".length;
  const selection = words ? [address, address + NEW_ADDRESS.length] : [from + 1, from + 1];
  return { from, to, text: linkTo(words, NEW_ADDRESS), selection: /** @type {[number, number]} */ (selection) };
}

/** The link around the selection, and its words. @param {string} text @param {number} start @param {number} end */
export function linkAround(text, start, end) {
  for (const { 0: whole, 1: words, index: from } of text.matchAll(LINK)) {
    const to = from + whole.length;
    if (start === end ? from < start && end < to : from <= start && end <= to) return { from, to, text: words };
  }
  return null;
}
