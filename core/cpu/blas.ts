/** The BLAS library of the CPU engine. */
export interface BlasInfo {
  /** Path or name of the library. */
  readonly library: string;
  /** Name and version, if the library reports them. */
  readonly name: string;
}

/**
 * Single-precision matrix product of a BLAS library, on raw addresses of this process. It runs in the calling
 * thread, so threads may call it concurrently; Accelerate decides by itself.
 */
export interface Blas {
  /** The library. */
  readonly info: BlasInfo;
  /** `cblas_sgemm`: `c = alpha · op(a) · op(b) + beta · c`, row-major. Raw addresses. */
  sgemm(
    transposeA: boolean,
    transposeB: boolean,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    strideA: number,
    b: number,
    strideB: number,
    beta: number,
    c: number,
    strideC: number,
  ): void;
  /** Address of a buffer's first byte. */
  addressOf(buffer: ArrayBufferLike): number;
}

/** A library, or why none was found. */
export type BlasSearch = { blas: Blas; problem: null } | { blas: null; problem: string };

type Pointer = Record<string, unknown>;

/** The part of Deno's namespace that the loader needs; missing in browsers. */
interface DenoForeign {
  build: { os: string };
  permissions: {
    querySync(
      descriptor: { name: "ffi"; path?: string } | { name: "env"; variable: string },
    ): { state: string };
  };
  env: { set(name: string, value: string): void };
  dlopen(path: string, symbols: Record<string, unknown>): {
    symbols: Record<string, (...args: unknown[]) => unknown>;
  };
  UnsafePointer: { of(view: Uint8Array): Pointer | null; value(pointer: Pointer | null): bigint };
  UnsafePointerView: { getCString(pointer: Pointer): string };
}

const SGEMM = {
  parameters: [
    ...["i32", "i32", "i32", "i32", "i32", "i32", "f32"], // order, transposes, m, n, k, alpha
    ...["usize", "i32", "usize", "i32", "f32", "usize", "i32"], // a, b, beta, c
  ],
  result: "void",
};

const OPENBLAS = {
  openblas_set_num_threads: { parameters: ["i32"], result: "void" },
  openblas_get_config: { parameters: [], result: "pointer" },
};

/** OpenBLAS reads it once, on loading. */
const THREADS = "OPENBLAS_NUM_THREADS";

const COLUMN_MAJOR = 102;
const NO_TRANSPOSE = 111;
const TRANSPOSE = 112;

function candidates(os: string): string[] {
  switch (os) {
    case "windows":
      return ["libopenblas.dll", "openblas.dll"];
    case "darwin":
      return ["/System/Library/Frameworks/Accelerate.framework/Accelerate"];
    default:
      return [
        "libopenblas.so.0",
        "libopenblas.so",
        "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0",
        "/usr/lib/aarch64-linux-gnu/openblas-pthread/libopenblas.so.0",
      ];
  }
}

/**
 * Finds a BLAS library: OpenBLAS on Linux and Windows, Accelerate on macOS. Requires Deno and the FFI
 * permission, for which it never prompts.
 */
export function findBlas(): BlasSearch {
  const deno = foreign();
  if (!deno) return { blas: null, problem: "BLAS libraries need Deno" };
  const granted = candidates(deno.build.os).filter((path) =>
    deno.permissions.querySync({ name: "ffi", path }).state === "granted"
  );
  if (granted.length === 0) return { blas: null, problem: "no permission (--allow-ffi)" };
  let problem = "";
  for (const path of granted) {
    try {
      return { blas: open(deno, path), problem: null };
    } catch (error) {
      problem ||= (error as Error).message;
    }
  }
  return { blas: null, problem: `no BLAS library found: ${problem}` };
}

/**
 * Opens the library found by {@linkcode findBlas} in another thread.
 *
 * @throws {Error} if there is no such library or no permission
 */
export function openBlas(library: string): Blas {
  const deno = foreign();
  if (!deno) throw new Error(`Cannot load a BLAS library: it needs Deno, got "${library}"`);
  return open(deno, library);
}

function foreign(): DenoForeign | undefined {
  const { Deno: deno } = globalThis as unknown as { Deno?: DenoForeign };
  return deno?.dlopen ? deno : undefined;
}

/** Libraries by path: one stays loaded as long as its thread, however often an engine is opened. */
const loaded = new Map<string, Blas>();

function open(deno: DenoForeign, library: string): Blas {
  const known = loaded.get(library);
  if (known) return known;
  const blas = load(deno, library);
  loaded.set(library, blas);
  return blas;
}

function load(deno: DenoForeign, library: string): Blas {
  const accelerate = deno.build.os === "darwin";
  if (!accelerate) keepSingle(deno);
  const symbols = accelerate ? { cblas_sgemm: SGEMM } : { cblas_sgemm: SGEMM, ...OPENBLAS };
  const { cblas_sgemm: sgemm, openblas_set_num_threads: setThreads, openblas_get_config: config } =
    deno.dlopen(library, symbols).symbols;
  if (!accelerate) setThreads(1);
  return {
    info: {
      library,
      name: accelerate ? "Accelerate" : versionOf(deno, config() as Pointer | null),
    },
    sgemm(transposeA, transposeB, m, n, k, alpha, a, strideA, b, strideB, beta, c, strideC) {
      const opA = transposeA ? TRANSPOSE : NO_TRANSPOSE;
      const opB = transposeB ? TRANSPOSE : NO_TRANSPOSE;
      // The transposes' product, by columns: by rows, OpenBLAS takes other steps for some sizes where there is AVX-512.
      sgemm(COLUMN_MAJOR, opB, opA, n, m, k, alpha, b, strideB, a, strideA, beta, c, strideC);
    },
    addressOf(buffer) {
      return Number(deno.UnsafePointer.value(deno.UnsafePointer.of(new Uint8Array(buffer))));
    },
  };
}

/**
 * Keeps OpenBLAS from starting its own threads: they would compete with ours, and are torn down at exit while
 * others still run.
 */
function keepSingle(deno: DenoForeign): void {
  if (deno.permissions.querySync({ name: "env", variable: THREADS }).state !== "granted") return;
  deno.env.set(THREADS, "1");
}

/** "OpenBLAS 0.3.29" from a configuration line that also lists build flags. */
function versionOf(deno: DenoForeign, config: Pointer | null): string {
  if (!config) return "OpenBLAS";
  return deno.UnsafePointerView.getCString(config).split(" ").slice(0, 2).join(" ");
}
