/* Draws the API reference. Kept in a file of its own: the content policy allows no script inside the page. */
(function () {
  const place = document.getElementById("swagger");
  const root = document.documentElement;

  function follow() {
    root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark");
  }

  // The server insists on an Idempotency-Key; who tries a request out gets a new one each time.
  function optionalKey(schema) {
    for (const operations of Object.values(schema.paths)) {
      for (const operation of Object.values(operations)) {
        for (const parameter of operation.parameters || []) {
          if (parameter.name === "Idempotency-Key") parameter.required = false;
        }
      }
    }
    return schema;
  }

  function withKey(request) {
    const creates = ["POST"].includes((request.method || "").toUpperCase());
    if (creates && !request.headers["Idempotency-Key"]) request.headers["Idempotency-Key"] = crypto.randomUUID();
    return request;
  }

  async function draw() {
    const response = await fetch(place.dataset.schema);
    const ui = SwaggerUIBundle({
      spec: optionalKey(await response.json()),
      domNode: place,
      deepLinking: true,
      docExpansion: "list",
      defaultModelsExpandDepth: -1,
      tryItOutEnabled: true,
      displayRequestDuration: true,
      validatorUrl: null,
      requestInterceptor: withKey,
      onComplete: () => place.dataset.token && ui.preauthorizeApiKey("apiKey", place.dataset.token),
    });
  }

  follow();
  new MutationObserver(follow).observe(root, { attributes: true, attributeFilter: ["data-bs-theme"] });
  draw();
})();
