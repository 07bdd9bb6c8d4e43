/** Receives the server's state. One tab listens and informs the others: browsers give a server few connections. */

const FIRST_MS = 100;
const LAST_MS = 3000; // a restart may take longer: attempts go on

/** @param {string} root @param {(state: State) => void} receive */
export function follow(root, receive) {
  const name = `quart-notes-dev:${root}`;
  const tabs = new BroadcastChannel(name);
  /** @type {State|null} */ let last = null;
  tabs.onmessage = ({ data }) => {
    if (data) receive(data);
    else if (last) tabs.postMessage(last);
  };
  /** @param {State|null} state null: unknown */
  const publish = (state) => {
    last = state;
    if (!state) return;
    tabs.postMessage(state);
    receive(state);
  };
  const lead = () => new Promise(() => listen(`${root}/dev/changes`, publish));
  if (navigator.locks) navigator.locks.request(name, lead);
  else lead(); // no https and not this machine
  tabs.postMessage(null); // asks for the state
}

/** @param {string} url @param {(state: State|null) => void} publish @param {number} wait milliseconds */
function listen(url, publish, wait = FIRST_MS) {
  const source = new EventSource(url);
  source.onmessage = ({ data }) => {
    wait = FIRST_MS;
    publish(JSON.parse(data));
  };
  source.onerror = () => {
    source.close();
    publish(null);
    setTimeout(() => listen(url, publish, Math.min(2 * wait, LAST_MS)), wait);
  };
}
