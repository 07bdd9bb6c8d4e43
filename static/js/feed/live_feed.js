/**
 * The two transports of events. The only file that names WebSocket or EventSource.
 */

/** @typedef {"websocket"|"stream"} Road */
/** @typedef {{open: () => void, message: (text: {data: string}) => void, end: (event?: {code?: number}) => void}} Ears */
/** @typedef {{topics: string, after: string, person: string}} Wish what to hear, since when, and on whose behalf; "" leaves it open */
/** @typedef {{road: Road, wish: Wish, opened: boolean, hangUp: () => void}} Line */

const REFUSAL_MS = 5_000;
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
  /** EventSource gives up for good after a 503, a 204 or an HTML page: after any failure a new one is created. */
  stream(url, { open, message, end }) {
    const source = new EventSource(url);
    Object.assign(source, { onopen: open, onmessage: message, onerror: end });
    return () => source.close();
  },
};

/**
 * Open a connection. `end` is called at most once; after `hangUp` nothing is called.
 * @param {Road} road @param {string} root @param {Wish} wish
 * @param {Ears} ears `end` hears no event when nobody answered: a swallowed upgrade shows neither an opening nor an end
 * @param {number} openMs how long it may take to open @returns {Line}
 */
export function dial(road, root, wish, ears, openMs) {
  const url = new URL(root + paths[road], location.href);
  for (const [name, value] of Object.entries(wish)) if (value) url.searchParams.set(name, value);
  let close = () => {};
  /** @param {{code?: number}} [event] */
  const end = (event) => {
    line.hangUp();
    ears.end(event);
  };
  const open = () => {
    clearTimeout(timer);
    line.opened = true;
    ears.open();
  };
  let timer = setTimeout(end, openMs);
  const line = {
    road,
    wish,
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

/**
 * Whether the server refuses a subscription, which neither transport can tell from a lost connection.
 * @param {string} root @param {Wish} wish
 */
export async function isRefused(root, wish) {
  const asked = new URLSearchParams(Object.entries(wish).filter(([, value]) => value));
  try {
    const options = {
      method: "HEAD",
      cache: /** @type {const} */ ("no-store"),
      signal: AbortSignal.timeout(REFUSAL_MS),
    };
    const { status, headers } = await fetch(`${root}${paths.stream}?${asked}`, options);
    const ours = (headers.get("Content-Type") ?? "").startsWith("application/problem"); // no page of a proxy
    return ours && (status === 403 || status === 404);
  } catch {
    return false;
  }
}
