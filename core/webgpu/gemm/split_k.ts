import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { GpuQueue } from "../gpu_queue.ts";
import { FLAT_GROUP, flatGrid, type Shader } from "../shader.ts";

/** Workgroups that keep a large GPU busy. */
const ENOUGH_GROUPS = 512;

/** Side of the part of a result that counts as one workgroup here. */
const GROUP_SIDE = 64;

/** Minimum length of a part, below which writing and adding parts costs more than it saves. */
const SHORTEST_PART = 256;

const MOST_PARTS = 32;

/** The length of a part is a multiple of every tile's k. */
const PART_STEP = 32;

/** Split of a product's sum over k between workgroups. */
export interface KParts {
  /** Number of parts. */
  readonly count: number;
  /** Length of all parts but the last. */
  readonly length: number;
}

/** A sum over k in one piece. */
export function wholeK(k: number): KParts {
  return { count: 1, length: Math.max(PART_STEP, Math.ceil(k / PART_STEP) * PART_STEP) };
}

/**
 * Splits a long sum over k if the result [m, n] has too few tiles for a large GPU. The split depends on the
 * sizes alone, not on the tile, so that the choice of a tile never changes a result.
 */
export function splitK(m: number, n: number, k: number): KParts {
  const groups = Math.ceil(m / GROUP_SIDE) * Math.ceil(n / GROUP_SIDE);
  const wanted = Math.min(
    MOST_PARTS,
    Math.round(ENOUGH_GROUPS / groups),
    Math.floor(k / SHORTEST_PART),
  );
  if (wanted <= 1) return wholeK(k);
  const length = Math.ceil(k / wanted / PART_STEP) * PART_STEP;
  return { count: Math.ceil(k / length), length };
}

const THREADS = 64;

/** Adds the parts: four adjacent values per thread, or one if rows are not a multiple of 4. */
function addPartsShader(isVector: boolean, hasSums: boolean): Shader {
  const element = isVector ? "vec4<f32>" : "f32";
  const write = hasSums
    ? "if (i < u.product) { c[i] = total; } else { sums[i - u.product] = total; }"
    : "c[i] = total;";
  return {
    key: `gemm parts ${element} ${hasSums}`,
    bindings: [
      { name: "parts", element, access: "read" },
      { name: "c", element, access: "write" },
      ...(hasSums ? [{ name: "sums", element, access: "write" } as const] : []),
    ],
    uniforms: [
      { name: "count", type: "u32" }, // parts
      { name: "size", type: "u32" }, // elements of a part
      { name: "product", type: "u32" }, // of which belong to c
    ],
    body: () => `
${FLAT_GROUP}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatGroup(group, groups) * ${THREADS}u + local;
  if (i >= u.size) { return; }
  var total = parts[i];
  for (var part = 1u; part < u.count; part++) { total += parts[part * u.size + i]; }
  ${write}
}
`,
  };
}

/** Adds `count` parts in order, each a matrix c and optionally its column sums. */
export function addParts(
  queue: GpuQueue,
  parts: Tensor,
  count: number,
  c: Tensor2D,
  sums: Tensor1D | null,
): void {
  const [m, n] = c.shape;
  const isVector = n % 4 === 0;
  const lanes = isVector ? 4 : 1;
  const size = (m * n + (sums ? n : 0)) / lanes;
  queue.run(
    addPartsShader(isVector, sums !== null),
    sums ? [parts, c, sums] : [parts, c],
    [count, size, m * n / lanes],
    flatGrid(Math.ceil(size / THREADS)),
  );
}
