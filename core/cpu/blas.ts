/** The BLAS library that the CPU engine computes with. */
export interface BlasInfo {
  /** Path or name that the library was loaded by. */
  readonly library: string;
  /** Name and version, as far as the library tells. */
  readonly name: string;
  /** Threads that large products run on; 0 where the library decides by itself. */
  readonly threads: number;
}

/** Single-precision matrix product of a BLAS library, on raw addresses of this process. */
export interface Blas {
  /** Which library it is. */
  readonly info: BlasInfo;
  /** `cblas_sgemm`: `c = alpha · op(a) · op(b) + beta · c`, row-major. Addresses are of this process. */
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
  /** Whether the next products use all threads or one. */
  useAllThreads(all: boolean): void;
  /** Address in this process of a buffer's first byte. */
  addressOf(buffer: ArrayBufferLike): number;
}

/** A library, or why there is none. */
export type BlasSearch = { blas: Blas; problem: null } | { blas: null; problem: string };

type Pointer = Record<string, unknown>;

/** The part of Deno's namespace that the loader needs: browsers have none of it. */
interface DenoForeign {
  build: { os: string };
  permissions: { querySync(descriptor: { name: "ffi"; path?: string }): { state: string } };
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

const ROW_MAJOR = 101;
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
 * Finds a BLAS library: OpenBLAS on Linux and Windows, Accelerate on macOS. Needs Deno and the
 * permission to call foreign functions; it never asks for it.
 */
export function findBlas(): BlasSearch {
  const deno = (globalThis as unknown as { Deno?: DenoForeign }).Deno;
  if (!deno?.dlopen) return { blas: null, problem: "BLAS libraries need Deno" };
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

function open(deno: DenoForeign, library: string): Blas {
  const accelerate = deno.build.os === "darwin";
  const symbols = accelerate ? { cblas_sgemm: SGEMM } : { cblas_sgemm: SGEMM, ...OPENBLAS };
  const { cblas_sgemm: sgemm, openblas_set_num_threads: setThreads, openblas_get_config: config } =
    deno.dlopen(library, symbols).symbols;
  const threads = accelerate ? 0 : navigator.hardwareConcurrency;
  let current = 0;
  return {
    info: {
      library,
      name: accelerate ? "Accelerate" : versionOf(deno, config() as Pointer | null),
      threads,
    },
    sgemm(transposeA, transposeB, m, n, k, alpha, a, strideA, b, strideB, beta, c, strideC) {
      const opA = transposeA ? TRANSPOSE : NO_TRANSPOSE;
      const opB = transposeB ? TRANSPOSE : NO_TRANSPOSE;
      sgemm(ROW_MAJOR, opA, opB, m, n, k, alpha, a, strideA, b, strideB, beta, c, strideC);
    },
    useAllThreads(all) {
      const wanted = all ? threads : 1;
      if (accelerate || wanted === current) return;
      setThreads(wanted);
      current = wanted;
    },
    addressOf(buffer) {
      return Number(deno.UnsafePointer.value(deno.UnsafePointer.of(new Uint8Array(buffer))));
    },
  };
}

/** "OpenBLAS 0.3.29" of a configuration line that also lists build flags. */
function versionOf(deno: DenoForeign, config: Pointer | null): string {
  if (!config) return "OpenBLAS";
  return deno.UnsafePointerView.getCString(config).split(" ").slice(0, 2).join(" ");
}
