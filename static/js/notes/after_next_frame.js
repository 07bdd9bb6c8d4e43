/** Work that the next frame does not wait for. */

/** Runs the last of the functions that it gets, once the browser has painted a frame. */
export class AfterNextFrame {
  #frame = 0;
  #timer = 0;
  #isPending = false;

  get isPending() {
    return this.#isPending;
  }

  /** @param {() => void} work */
  run(work) {
    this.cancel();
    this.#isPending = true;
    const go = () => {
      this.#isPending = false;
      work();
    };
    this.#frame = requestAnimationFrame(() => {
      this.#timer = setTimeout(go);
    });
  }

  cancel() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#isPending = false;
  }
}
