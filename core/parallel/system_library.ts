const LIBRARIES: Readonly<Record<string, string>> = {
  linux: "libc.so.6",
  darwin: "/usr/lib/libSystem.B.dylib",
};

/**
 * The library with the functions of C and of the system, to be opened for foreign calls; undefined where none is known.
 *
 * @param os name of the operating system, as `Deno.build.os` has it
 */
export function systemLibrary(os: string): string | undefined {
  return LIBRARIES[os];
}
