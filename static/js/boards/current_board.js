/** Which board this page is about: where its notes are in the API, and what this browser keeps of it. */

const SHARED = 1;
const { boardId: id, api } = document.querySelector("main")?.dataset ?? {};

export const boardId = Number(id ?? SHARED);

/** Below /api. */
export const notesPath = api ?? "/notes";

/** What keys of this board's begin with in storage; the shared board's have nothing in front. @type {""|`board:${number}:`} */
export const scope = boardId === SHARED ? "" : `board:${boardId}:`;
