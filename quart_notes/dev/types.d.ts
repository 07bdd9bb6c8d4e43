/** An error, see `ErrorReport.shown`; `line` is the number of the line with the error. */
interface ErrorReport {
  title: string;
  what: string;
  where: string;
  lines: [number, string][];
  line: number | null;
}

/** What pages are made from: see `State` in `error_page.py`. */
interface State {
  run: string;
  pages: number;
  build: string;
  error?: ErrorReport | null;
}
