/** An error, and a page that shows it. */
interface Trouble {
  title: string;
  page: string;
}

/** What pages are made from: see `State` in `error_page.py`. */
interface State {
  run: string;
  pages: number;
  build: string;
  trouble?: Trouble | null;
}
