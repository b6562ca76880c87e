// Starts the page's WebAssembly module. A file, since the page's policy forbids inline scripts.

// The page's policy wants a word for every script by address (Trusted Types): these are all that
// the page starts, and nobody turns text into markup or code.
const SCRIPT = /^(?:glimpse-[-0-9a-z]+_loader|service-worker)\.js$/;
self.trustedTypes?.createPolicy("default", { createScriptURL: (address) => (SCRIPT.test(address) ? address : null) });

const { module, wasm } = document.querySelector("script[data-wasm]").dataset;
try {
  const { default: start } = await import(module);
  await start({ module_or_path: wasm });
} catch (error) {
  document.documentElement.dataset.state = "failed";
  throw error;
}
