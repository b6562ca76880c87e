// Tensors from and to a .safetensors file.

/** Tensors by name, each `{dtype, shape, data}` with its bytes. */
export function readTensors(file) {
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString("utf8"));
  const tensors = {};
  delete header.__metadata__;
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(header)) {
    tensors[name] = { dtype, shape, data: file.subarray(8 + length + from, 8 + length + to) };
  }
  return tensors;
}

export function writeTensors(tensors) {
  const header = { __metadata__: { format: "pt" } };
  const parts = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.length] };
    parts.push(data);
    offset += data.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}

/** A float tensor of two dimensions as rows of numbers. */
export function rows({ shape: [, width], data }) {
  const copy = data.buffer.slice(data.byteOffset, data.byteOffset + data.length);
  const floats = new Float32Array(copy);
  const result = [];
  for (let start = 0; start < floats.length; start += width) {
    result.push([...floats.subarray(start, start + width)]);
  }
  return result;
}
