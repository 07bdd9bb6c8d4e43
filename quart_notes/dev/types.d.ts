/** What is wrong, as `trouble.py` tells it; `line` is the number of the one in question. */
interface Trouble {
  title: string;
  what: string;
  where: string;
  lines: [number, string][];
  line: number | null;
}

/** What pages are made from: see `trouble.py`. */
interface State {
  run: string;
  pages: number;
  build: string;
  trouble?: Trouble | null;
}
