/** A reduction over the threads of a workgroup. */
export interface Reduction {
  /** Name of the WGSL function, which takes the thread and its value. */
  readonly name: string;
  /** Name of the array that holds the result. */
  readonly result: string;
  /** WGSL type of a value. */
  readonly type: string;
  /** Threads of the workgroup: `left` times a power of two. */
  readonly threads: number;
  /** Values of the result; thread i goes into value i mod `left`. @default 1 */
  readonly left?: number;
  /** WGSL of two values joined. @default their sum */
  readonly join?: (a: string, b: string) => string;
}

/**
 * WGSL of a reduction in a fixed order: halves join until `left` values are left. Every thread of the
 * workgroup must call it; repeated calls are safe, since it waits until all have read the previous result.
 */
export function reduceCode(
  { name, result, type, threads, left = 1, join = (a, b) => `${a} + ${b}` }: Reduction,
): string {
  const steps: string[] = [];
  for (let half = threads / 2; half >= left; half /= 2) {
    const joined = join(`${result}[i]`, `${result}[i + ${half}u]`);
    steps.push(`  if (i < ${half}u) { ${result}[i] = ${joined}; }\n  workgroupBarrier();`);
  }
  return `
var<workgroup> ${result}: array<${type}, ${threads}>;
fn ${name}(i: u32, value: ${type}) {
  workgroupBarrier();
  ${result}[i] = value;
  workgroupBarrier();
${steps.join("\n")}
}`;
}

/**
 * Threads of a workgroup for `count` values, rounded up to `left` times a power of two.
 *
 * @param most maximum; every device allows 256
 */
export function threadsFor(count: number, left = 1, most = 256): number {
  let threads = left;
  while (threads < count && 2 * threads <= most) threads *= 2;
  return threads;
}
