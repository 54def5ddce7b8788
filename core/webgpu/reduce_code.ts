import type { ShaderTarget } from "./shader.ts";

/** A reduction over threads of a workgroup: those of a row, or all of them. */
export interface Reduction {
  /** Name of the WGSL function. */
  readonly name: string;
  /** WGSL type of a value. */
  readonly type: string;
  /** Threads of the workgroup. */
  readonly threads: number;
  /** Threads of each row; divides `threads`. @default threads */
  readonly lanes?: number;
  /** Whether neighbouring threads are in different rows instead of the same one. @default false */
  readonly isStrided?: boolean;
  /** WGSL of two values joined. @default their sum */
  readonly join?: (a: string, b: string) => string;
}

/** Number of values that a thread joins at a time. */
const FAN_IN = 8;

/** WGSL of terms joined in pairs. */
function pairwise(terms: string[], join: (a: string, b: string) => string): string {
  if (terms.length === 1) return terms[0];
  const half = terms.length >> 1;
  return `(${join(pairwise(terms.slice(0, half), join), pairwise(terms.slice(half), join))})`;
}

/** Values that a thread joins out of `count`: all, or as many as leave a whole number. */
function termsOf(count: number): number {
  if (count <= FAN_IN) return count;
  let terms = FAN_IN;
  while (count % terms !== 0) terms--;
  return terms;
}

/** Threads of a row that exchange values within a subgroup: a power of two. */
function exchanging(lanes: number, step: number, { subgroupSize }: ShaderTarget): number {
  if (subgroupSize === null) return 1;
  const even = lanes & -lanes; // its largest factor that is a power of two
  return (step & (step - 1)) === 0 ? Math.max(1, Math.min(even, subgroupSize / step)) : 1;
}

/**
 * WGSL of `<name>(local, value)`, the values of a row joined in a fixed order, the same for all its threads.
 * Every thread of the workgroup must call it; calls may follow each other.
 *
 * Threads of a subgroup exchange their values without memory or barriers, where the device has subgroups. What
 * is left is joined in workgroup memory, eight at a time, for few barriers and reads.
 */
export function reduceCode(
  { name, type, threads, lanes = threads, isStrided = false, join = (a, b) => `${a} + ${b}` }:
    Reduction,
  target: ShaderTarget,
): string {
  const rows = threads / lanes;
  const step = isStrided ? rows : 1; // from a lane to the next
  const inner = exchanging(lanes, step, target);
  const lines: string[] = [];
  const declarations: string[] = [];
  let source = "value";
  for (let half = inner / 2; half >= 1; half /= 2) {
    const other = `subgroupShuffleXor(${source}, ${half * step}u)`;
    lines.push(`let x${half} = ${join(source, other)};`);
    source = `x${half}`;
  }
  let count = lanes / inner;
  for (let level = 0; count > 1; level++) {
    // Here every row has `count` values, held by some of its threads.
    const array = `${name}Memory${level}`;
    const at = (lane: string, of: number) =>
      isStrided ? `(${lane}) * ${rows}u + row` : `row * ${of}u + ${lane}`;
    declarations.push(`var<workgroup> ${array}: array<${type}, ${rows * count}>;`);
    const isHeld = level > 0 ? `lane < ${count}u` : inner > 1 ? `lane % ${inner}u == 0u` : null;
    const place = level === 0 && inner > 1 ? `lane / ${inner}u` : "lane";
    const store = `${array}[${at(place, count)}] = ${source};`;
    const terms = termsOf(count);
    const left = count / terms;
    // With two arrays or more, a barrier lies between reading the first and writing it again.
    if (level === 0 && left === 1) lines.push("workgroupBarrier();");
    lines.push(isHeld ? `if (${isHeld}) { ${store} }` : store, "workgroupBarrier();");
    // Neighbouring threads read neighbouring values.
    const first = left === 1 ? "0u" : `min(lane, ${left - 1}u)`;
    const values = Array.from(
      { length: terms },
      (_, i) => `${array}[${at(`${first} + ${i * left}u`, count)}]`,
    );
    source = `joined${level}`;
    lines.push(`let ${source} = ${pairwise(values, join)};`);
    count = left;
  }
  return `${declarations.join("\n")}
fn ${name}(local: u32, value: ${type}) -> ${type} {
  let row = local ${isStrided ? "%" : "/"} ${isStrided ? rows : lanes}u;
  let lane = local ${isStrided ? "/" : "%"} ${isStrided ? rows : lanes}u;
  ${lines.join("\n  ")}
  return ${source};
}`;
}

/**
 * Threads of a workgroup for `count` values, rounded up to `least` times a power of two.
 *
 * @param most maximum; every device allows 256
 */
export function threadsFor(count: number, least = 1, most = 256): number {
  let threads = least;
  while (threads < count && 2 * threads <= most) threads *= 2;
  return threads;
}
