// Starts the page's WebAssembly module. A file, since the page's policy forbids inline scripts.
const { module, wasm } = document.querySelector("script[data-wasm]").dataset;
try {
  const { default: start } = await import(module);
  await start({ module_or_path: wasm });
} catch (error) {
  document.documentElement.dataset.state = "failed";
  throw error;
}
