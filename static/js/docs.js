/** The API's pages: Swagger UI on our own document, from our own files. */

const root = document.documentElement.dataset.root ?? "";

window.SwaggerUIBundle({
  url: `${root}/openapi.json`,
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null, // it would send the document to somebody else's server
});
