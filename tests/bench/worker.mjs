// Our inference worker without the page around it. All of this runs in a page of the site.

/** Starts a worker and loads a pack. */
export async function startWorker({ backend, pack }) {
  const worker = new Worker(`/glimpse-${backend}_loader.js`, { type: "module" });
  const answers = [];
  let wake = () => {};
  worker.onmessage = ({ data }) => (answers.push(data), wake());
  worker.onerror = (error) => console.error(error.message);
  window.next = async (wanted) => {
    for (;;) {
      while (answers.length > 0) {
        const data = answers.shift();
        if (data === wanted) return data;
        const message = data.message && JSON.parse(data.message);
        const failed = message && ["OpenFailed", "ImageFailed", "TextsFailed"].find((kind) => message[kind]);
        if (failed) throw new Error(message[failed].reason);
        if (message?.[wanted]) return message[wanted];
      }
      await new Promise((resolve) => (wake = resolve));
    }
  };
  window.ask = (request, attachment) => worker.postMessage({ message: JSON.stringify(request), attachment });
  window.lastId = 0;
  await next("alive");
  ask({ Open: { pack: { Site: `${location.origin}/${pack}` } } });
  const { load_ms } = await next("Ready");
  return { loadMs: load_ms };
}

/** Milliseconds that the image tower takes for so many pictures, one after the other. */
export async function embedImages(count) {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const canvas = new OffscreenCanvas(320, 240);
    const context = canvas.getContext("2d");
    for (let i = 0; i < 40; i++) {
      context.fillStyle = `hsl(${i * 47} 70% ${20 + i}%)`;
      context.fillRect((i * 53) % 320, (i * 31) % 240, 90, 70);
    }
    ask({ EmbedImage: { id: ++lastId } }, canvas.transferToImageBitmap());
    sum += (await next("ImageEmbedded")).timing.embed;
  }
  return sum;
}

/** Milliseconds that tokenizer and text tower take for these sentences. */
export async function embedTexts(texts) {
  ask({ EmbedTexts: { id: ++lastId, texts, draft: false } });
  return (await next("TextsEmbedded")).milliseconds;
}
