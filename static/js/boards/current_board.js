/** The board of this page: its address in the API, and its keys in this browser's storage. */

const SHARED = 1;
const { boardId: id, api } = document.querySelector("main")?.dataset ?? {};

export const boardId = Number(id ?? SHARED);

/** Below /api. */
export const notesPath = api ?? "/notes";

/** What keys of this board's begin with in storage; the shared board's have nothing in front. @type {""|`board:${number}:`} */
export const scope = boardId === SHARED ? "" : `board:${boardId}:`;
