/** Hears the server's state. One tab at a time listens and tells the others: browsers give a server few connections. */

const FIRST_MS = 100;
const LAST_MS = 3000; // a slow restart takes longer than that, and is outlasted

/** @param {string} root @param {(state: State) => void} hear */
export function follow(root, hear) {
  const name = `quart-notes-dev:${root}`;
  const tabs = new BroadcastChannel(name);
  /** @type {State|null} */ let last = null;
  tabs.onmessage = ({ data }) => {
    if (data !== "what is it?") hear(data);
    else if (last) tabs.postMessage(last);
  };
  /** @param {State|null} state null: it is not known any more */
  const tell = (state) => {
    last = state;
    if (!state) return;
    tabs.postMessage(state);
    hear(state);
  };
  const lead = () => new Promise(() => listen(`${root}/dev/changes`, tell));
  if (navigator.locks) navigator.locks.request(name, lead);
  else lead(); // no https and not this machine
  tabs.postMessage("what is it?");
}

/** @param {string} url @param {(state: State|null) => void} tell */
function listen(url, tell) {
  let wait = FIRST_MS;
  const dial = () => {
    const source = new EventSource(url);
    source.onmessage = ({ data }) => {
      wait = FIRST_MS;
      tell(JSON.parse(data));
    };
    source.onerror = () => {
      source.close();
      tell(null);
      setTimeout(dial, wait);
      wait = Math.min(2 * wait, LAST_MS);
    };
  };
  dial();
}
