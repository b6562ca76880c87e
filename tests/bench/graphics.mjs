// What a call asks of the graphics card: unlike times, it is the same on every one.

/** Counts for every call from here on. Runs in the worker, which has a device. */
function watch() {
  const counts = (self.asked = { dispatches: 0, bytesIn: 0, reads: 0, bytesOut: 0 });
  const before = (type, name, note) => {
    const plain = type.prototype[name];
    type.prototype[name] = function (...values) {
      note.apply(this, values);
      return plain.apply(this, values);
    };
  };
  const dispatched = () => counts.dispatches++;
  before(GPUComputePassEncoder, "dispatchWorkgroups", dispatched);
  before(GPUComputePassEncoder, "dispatchWorkgroupsIndirect", dispatched);
  before(GPUQueue, "writeBuffer", (buffer, place, data, first = 0, size) => {
    const width = data.BYTES_PER_ELEMENT ?? 1;
    counts.bytesIn += size === undefined ? data.byteLength - first * width : size * width;
  });
  before(GPUDevice, "createBuffer", ({ size, mappedAtCreation }) => {
    if (mappedAtCreation) counts.bytesIn += size;
  });
  before(GPUBuffer, "mapAsync", function (mode, first = 0, size = this.size - first) {
    if (!(mode & GPUMapMode.READ)) return;
    counts.reads++;
    counts.bytesOut += size;
  });
}

/** Of each task of a page with one worker: dispatches, bytes to the device, reads, and the bytes that
 *  are mapped for them. */
export async function asked(page, tasks) {
  const [worker] = page.workers();
  await worker.evaluate(watch);
  const all = {};
  for (const { what, run } of tasks) {
    await worker.evaluate(() => Object.keys(self.asked).forEach((name) => (self.asked[name] = 0)));
    await run();
    all[what] = await worker.evaluate(() => ({ ...self.asked }));
  }
  return all;
}
