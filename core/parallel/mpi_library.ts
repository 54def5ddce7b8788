import { type DenoForeign, foreign, mayRead } from "./foreign.ts";
import type { Launch } from "./launch.ts";

/** A handle of MPI or an address: what the C function takes in an integer register. */
const WORD = "usize";

/**
 * The functions used. Handles are 32-bit numbers in MPICH and pointers in Open MPI; passed as words, of which MPICH's
 * functions read the lower half, one table fits all.
 */
const SYMBOLS = {
  MPI_Init_thread: { parameters: [WORD, WORD, "i32", "buffer"], result: "i32" },
  MPI_Finalize: { parameters: [], result: "i32" },
  MPI_Abort: { parameters: [WORD, "i32"], result: "i32" },
  MPI_Get_library_version: { parameters: ["buffer", "buffer"], result: "i32" },
  MPI_Get_processor_name: { parameters: ["buffer", "buffer"], result: "i32" },
  MPI_Comm_rank: { parameters: [WORD, "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: [WORD, "buffer"], result: "i32" },
  MPI_Comm_set_errhandler: { parameters: [WORD, WORD], result: "i32" },
  MPI_Isend: { parameters: [WORD, "i32", WORD, "i32", "i32", WORD, WORD], result: "i32" },
  MPI_Irecv: { parameters: [WORD, "i32", WORD, "i32", "i32", WORD, WORD], result: "i32" },
  MPI_Test: { parameters: [WORD, "buffer", "buffer"], result: "i32" },
} as const;

/** Conversions from Fortran's handles, by which Open MPI's pointers are found without reading its data. */
const FROM_FORTRAN = {
  MPI_Comm_f2c: { parameters: ["i32"], result: WORD },
  MPI_Type_f2c: { parameters: ["i32"], result: WORD },
  MPI_Errhandler_f2c: { parameters: ["i32"], result: WORD },
} as const;

/** A function of a C library. */
type Foreign = (...args: unknown[]) => unknown;

/** What is known of an MPI library. */
export interface MpiInfo {
  /** Path or name of the file. */
  readonly library: string;
  /** Name and version: "MPICH 4.0.2". */
  readonly version: string;
}

/** An MPI library that is loaded. */
export interface MpiLibrary extends MpiInfo {
  /** Its functions. */
  readonly calls: Readonly<Record<keyof typeof SYMBOLS, Foreign>>;
  /** The handles used; Open MPI has them only after its start. */
  handles(): { world: unknown; byte: unknown; returnErrors: unknown };
}

/** A library, or why there is none. */
export type MpiSearch = { library: MpiLibrary; problem: null } | {
  library: null;
  problem: string;
};

const OPEN_MPI = ["libmpi.so.40", "/opt/homebrew/lib/libmpi.dylib", "/usr/local/lib/libmpi.dylib"];

/** MPICH and what has its binary interface (Intel MPI, MVAPICH, Cray), then the standard one of MPI 5. */
const MPICH = [
  "libmpich.so.12",
  "libmpi.so.12",
  "libmpi_cray.so.12",
  "libmpi_gnu_123.so.12",
  "libmpi_gnu_112.so.12",
  "libmpi_abi.so.0",
  "/opt/homebrew/lib/libpmpi.dylib",
];

/** Names the library; it must belong to the launcher. */
const FILE_VARIABLE = "VIDEOMS_MPI";

function candidates(deno: DenoForeign, launcher: Launch["launcher"] | null): string[] {
  const named = mayRead(deno, FILE_VARIABLE) ? deno.env.get(FILE_VARIABLE) : undefined;
  if (named) return [named];
  switch (launcher) {
    case "Open MPI":
      return OPEN_MPI;
    case "MPICH":
      return MPICH;
    default:
      return [...OPEN_MPI, ...MPICH];
  }
}

/**
 * Finds an MPI library, that of the launcher where one started this process, or what VIDEOMS_MPI names. It is loaded,
 * not started. Requires Deno and the FFI permission, for which it never prompts.
 */
export function findMpi(launcher: Launch["launcher"] | null = null): MpiSearch {
  const deno = foreign();
  if (!deno) return { library: null, problem: "MPI needs Deno" };
  let problem = "";
  for (const file of candidates(deno, launcher)) {
    if (deno.permissions.querySync({ name: "ffi", path: file }).state !== "granted") {
      return { library: null, problem: "no permission (--allow-ffi)" };
    }
    try {
      return { library: open(deno, file), problem: null };
    } catch (error) {
      problem ||= (error as Error).message.replaceAll("Could not open library: ", "");
    }
  }
  return { library: null, problem };
}

function open(deno: DenoForeign, file: string): MpiLibrary {
  const calls = deno.dlopen(file, SYMBOLS).symbols as MpiLibrary["calls"];
  const text = new Uint8Array(8192);
  const length = new Int32Array(1);
  calls.MPI_Get_library_version(text, length);
  const words = new TextDecoder().decode(text.subarray(0, length[0])).replaceAll("\0", "");
  if (/Open MPI/.test(words)) {
    const { MPI_Comm_f2c, MPI_Type_f2c, MPI_Errhandler_f2c } =
      deno.dlopen(file, FROM_FORTRAN).symbols;
    return {
      library: file,
      version: /Open MPI v?[\d.]+\w*/.exec(words)![0].replace("v", ""),
      calls,
      handles: () => ({
        world: MPI_Comm_f2c(0),
        byte: MPI_Type_f2c(1),
        returnErrors: MPI_Errhandler_f2c(2),
      }),
    };
  }
  const version = /(?<name>[\w() ]*MPI\w*)[\s\w]*[Vv]ersion\s*:?\s*(?<number>[\w.]+)/.exec(words)
    ?.groups;
  const isStandard = /libmpi_abi/.test(file);
  return {
    library: file,
    version: version ? `${version.name.trim()} ${version.number}` : words.split("\n")[0].trim(),
    calls,
    handles: () =>
      isStandard
        ? { world: 0x101, byte: 0x247, returnErrors: 0x142 }
        : { world: 0x44000000, byte: 0x4c00010d, returnErrors: 0x54000001 },
  };
}

/** The MPI libraries of this machine, one for each launcher that has one; none is started. */
export function installedMpi(): MpiInfo[] {
  return (["MPICH", "Open MPI"] as const).flatMap((launcher) => {
    const { library } = findMpi(launcher);
    return library ? [{ library: library.library, version: library.version }] : [];
  });
}
