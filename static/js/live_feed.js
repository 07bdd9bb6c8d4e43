/**
 * The two roads on which events come. The only file that names WebSocket or EventSource.
 */

/** @typedef {"websocket"|"stream"} Road */
/** @typedef {{open: () => void, message: (text: {data: string}) => void, end: () => void}} Ears */
/** @typedef {{road: Road, opened: boolean, hangUp: () => void}} Line */

const OPEN_MS = 5_000; // a swallowed upgrade shows neither an opening nor an end
const paths = { websocket: "/ws", stream: "/events" };

/** @type {Record<Road, (url: URL, ears: Ears) => () => void>} */
const roads = {
  websocket(url, { open, message, end }) {
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    Object.assign(socket, { onopen: open, onmessage: message, onclose: end });
    return () => {
      Object.assign(socket, { onopen: null, onmessage: null, onclose: null });
      socket.close();
    };
  },
  /** EventSource gives up for good after a 503, a 204 or an HTML page: any failure ends it, and a new one is made. */
  stream(url, { open, message, end }) {
    const source = new EventSource(url);
    Object.assign(source, { onopen: open, onmessage: message, onerror: end });
    return () => source.close();
  },
};

/**
 * Open a line. `end` is heard at most once, also when nothing happens at all; after `hangUp` nothing is heard.
 * @param {Road} road @param {string} root @param {{topics: string, after: string}} wish
 * @param {Ears} ears @returns {Line}
 */
export function dial(road, root, wish, ears) {
  const url = new URL(root + paths[road], location.href);
  for (const [name, value] of Object.entries(wish)) if (value) url.searchParams.set(name, value);
  let close = () => {};
  const end = () => {
    line.hangUp();
    ears.end();
  };
  const open = () => {
    clearTimeout(timer);
    line.opened = true;
    ears.open();
  };
  let timer = setTimeout(end, OPEN_MS);
  const line = {
    road,
    opened: false,
    hangUp() {
      clearTimeout(timer);
      close();
    },
  };
  try {
    close = roads[road](url, { ...ears, open, end });
  } catch {
    clearTimeout(timer);
    timer = setTimeout(end); // this browser has no such road
  }
  return line;
}
