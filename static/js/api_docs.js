/** The API's pages: Swagger UI on our own document, from our own files, and what it lacks for the dark and for screen readers. */

const page = document.documentElement;
const root = page.dataset.root ?? "";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Its dark colours are behind a class, whatever the system or our own theme says. */
function followTheme() {
  const { theme } = page.dataset;
  page.classList.toggle("dark-mode", theme ? theme === "dark" : dark.matches);
}

/** @typedef {Record<string, string|((element: Element) => string)>} Attributes */
/** What it leaves without a name or at a wrong level, by selector. @type {Record<string, Attributes>} */
const LACKING = {
  ".opblock-tag, .models > h4": { "aria-level": "2" },
  ".opblock h4": { "aria-level": "3" },
  ".opblock h5": { "aria-level": "4" },
  "select:not([aria-label])": { "aria-label": "Choice" },
  "textarea:not([aria-label])": { "aria-label": "Request body" },
  "input:not([aria-label])": { "aria-label": (field) => field.getAttribute("placeholder") || "Value" },
  ".microlight": { tabindex: "0" }, // it scrolls
  ".responses-table": { "aria-label": ({ id }) => `Responses: ${id.replaceAll("_", " ")}` },
};

/** @param {Element} shown */
function complete(shown) {
  for (const [selector, attributes] of Object.entries(LACKING)) {
    for (const element of shown.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) {
        element.setAttribute(name, typeof value === "string" ? value : value(element));
      }
    }
  }
}

/** Our own frame around its parts: its own one has a second main, and puts links into buttons. @param {any} system */
const Frame = ({ React: { createElement: make } }) => ({
  components: {
    /** @param {{text: string}} props */
    DeepLink: ({ text }) => make("span", null, text),
    /** @param {{getComponent: (name: string, connected?: boolean) => any, specSelectors: any}} props */
    Frame: ({ getComponent, specSelectors }) => {
      /** @param {string} name @param {boolean} [connected] */
      const part = (name, connected) => make(getComponent(name, connected));
      const parts = [part("SvgAssets"), part("errors", true)];
      if (specSelectors.loadingStatus() === "success") {
        parts.push(
          part("InfoContainer", true),
          part("AuthorizeBtnContainer", true),
          part("operations", true),
          part("Models", true),
        );
      }
      return make("div", { className: "swagger-ui" }, ...parts);
    },
  },
});

const shown = /** @type {Element} */ (document.querySelector("#swagger-ui"));
new MutationObserver(() => complete(shown)).observe(shown, { childList: true, subtree: true });
dark.addEventListener("change", followTheme);
followTheme();
window.SwaggerUIBundle({
  url: `${root}/openapi.json`,
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  plugins: [Frame],
  layout: "Frame",
  syntaxHighlight: { theme: "tomorrow-night" },
  validatorUrl: null, // it would send the document to somebody else's server
});
