// Our inference workers without the page around them. All of this runs in a page of the site.

/** Starts workers (one, unless said) and loads a pack into each. */
export async function startWorkers({ backend, pack, count = 1 }) {
  const name = /data-worker-(\w+)="([^"]+)"/g;
  const page = await (await fetch("/index.html")).text();
  const [, , stem] = [...page.matchAll(name)].find(([, of]) => of === backend);
  const start = () => {
    const worker = new Worker(`/${stem}_loader.js`, { type: "module" });
    const answers = [];
    let wake = () => {};
    worker.onmessage = ({ data }) => (answers.push(data), wake());
    worker.onerror = (error) => console.error(error.message);
    const next = async (wanted) => {
      for (;;) {
        while (answers.length > 0) {
          const data = answers.shift();
          if (typeof data === "string" && data.startsWith(wanted)) return data;
          const message = data.message && JSON.parse(data.message);
          const failed = message && ["OpenFailed", "ImageFailed", "TextsFailed"].find((kind) => message[kind]);
          if (failed) throw new Error(message[failed].reason);
          if (message?.[wanted]) return { ...message[wanted], attachment: data.attachment };
        }
        await new Promise((resolve) => (wake = resolve));
      }
    };
    const ask = (request, attachment) => worker.postMessage({ message: JSON.stringify(request), attachment });
    return { ask, next };
  };
  window.lastId = 0;
  window.pool = Array.from({ length: count }, start);
  /** A share of the list for each worker, as even as can be, in the list's order. */
  window.shares = (list) => {
    const bound = (place) => Math.round((place * list.length) / pool.length);
    return pool.map((worker, place) => [worker, list.slice(bound(place), bound(place + 1))]);
  };
  const open = async ({ ask, next }) => {
    await next("alive");
    ask({ Open: { pack: { Site: `${location.origin}/${pack}` }, images_only: false } });
    return (await next("Ready")).load_ms;
  };
  return { loadMs: Math.max(...(await Promise.all(pool.map(open)))) };
}

/** Milliseconds that the image tower takes for so many pictures, one after the other in each
 *  worker. */
export async function embedImages(count) {
  const picture = () => {
    const canvas = new OffscreenCanvas(320, 240);
    const context = canvas.getContext("2d");
    for (let i = 0; i < 40; i++) {
      context.fillStyle = `hsl(${i * 47} 70% ${20 + i}%)`;
      context.fillRect((i * 53) % 320, (i * 31) % 240, 90, 70);
    }
    return canvas.transferToImageBitmap();
  };
  const embed = async ([{ ask, next }, pictures]) => {
    let sum = 0;
    for (const bitmap of pictures) {
      ask({ EmbedImage: { id: ++lastId } }, bitmap);
      sum += (await next("ImageEmbedded")).timing.embed;
    }
    return sum;
  };
  const sums = await Promise.all(shares(Array.from({ length: count }, picture)).map(embed));
  return Math.max(...sums);
}

/** Milliseconds that tokenizer and text tower take for these sentences; their embeddings lie in
 *  `window.ours` after it. */
export async function embedTexts(texts) {
  const embed = async ([{ ask, next }, sentences]) => {
    if (sentences.length === 0) return { milliseconds: 0, attachment: [] };
    ask({ EmbedTexts: { id: ++lastId, texts: sentences, draft: false } });
    return next("TextsEmbedded");
  };
  const answers = await Promise.all(shares(texts).map(embed));
  window.ours = answers.flatMap(({ attachment }) => [...attachment]);
  return Math.max(...answers.map(({ milliseconds }) => milliseconds));
}
