/**
 * The two transports of events. The only file that names WebSocket or EventSource.
 */

/** @typedef {"websocket"|"stream"} Transport */
/**
 * @typedef {{open: () => void, message: (text: {data: string}) => void, end: (event?: {code?: number}) => void}} Listeners
 */
/**
 * What to receive, since which event, and on whose behalf; "" leaves it open.
 * @typedef {{topics: string, after: string, person: string}} Subscription
 */
/** @typedef {{transport: Transport, subscription: Subscription, opened: boolean, close: () => void}} Connection */

const ANSWER_MS = 4_000; // a connection that died without a word, as while a machine slept, answers nothing
const paths = { websocket: "/ws", stream: "/events" };

/** @type {Record<Transport, (url: URL, listeners: Listeners) => () => void>} */
const transports = {
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
 * Open a connection. `end` is called at most once; after `close` nothing is called.
 * @param {Transport} transport @param {string} root @param {Subscription} subscription
 * @param {Listeners} listeners `end` gets no event when nobody answered: a swallowed upgrade shows neither an opening nor
 * an end
 * @param {number} openMs how long it may take to open @returns {Connection}
 */
export function openConnection(transport, root, subscription, listeners, openMs) {
  const url = new URL(root + paths[transport], location.href);
  for (const [name, value] of Object.entries(subscription)) if (value) url.searchParams.set(name, value);
  let closeTransport = () => {};
  /** @param {{code?: number}} [event] */
  const end = (event) => {
    connection.close();
    listeners.end(event);
  };
  const open = () => {
    clearTimeout(timer);
    connection.opened = true;
    listeners.open();
  };
  let timer = setTimeout(end, openMs);
  const connection = {
    transport,
    subscription,
    opened: false,
    close() {
      clearTimeout(timer);
      closeTransport();
    },
  };
  try {
    closeTransport = transports[transport](url, { ...listeners, open, end });
  } catch {
    clearTimeout(timer);
    timer = setTimeout(end); // this browser has no such transport
  }
  return connection;
}

/**
 * What the server says of a subscription: whether it is refused, which neither transport can tell from a lost connection,
 * and the newest id of its topics, or "". Rejects without an answer.
 * @param {string} root @param {Subscription} subscription @returns {Promise<{refused: boolean, newest: string}>}
 */
export async function askAbout(root, subscription) {
  const asked = new URLSearchParams(Object.entries(subscription).filter(([, value]) => value));
  const options = { method: "HEAD", cache: /** @type {const} */ ("no-store"), signal: AbortSignal.timeout(ANSWER_MS) };
  const { status, headers } = await fetch(`${root}${paths.stream}?${asked}`, options);
  const ours = (headers.get("Content-Type") ?? "").startsWith("application/problem"); // no page of a proxy
  return { refused: ours && (status === 403 || status === 404), newest: headers.get("Last-Event-ID") ?? "" };
}
