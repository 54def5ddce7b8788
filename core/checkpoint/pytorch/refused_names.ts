/** Modules that no weight file needs: with them a pickle runs programs. */
const REFUSED_MODULES: ReadonlySet<string> = new Set([
  "_frozen_importlib",
  "_io",
  "_operator",
  "_pickle",
  "_posixsubprocess",
  "_socket",
  "asyncio",
  "bdb",
  "cPickle",
  "cffi",
  "ctypes",
  "ftplib",
  "imp",
  "importlib",
  "marshal",
  "multiprocessing",
  "nt",
  "operator",
  "os",
  "pdb",
  "pickle",
  "pip",
  "pkgutil",
  "popen2",
  "posix",
  "pty",
  "requests",
  "runpy",
  "shutil",
  "smtplib",
  "socket",
  "subprocess",
  "sys",
  "telnetlib",
  "timeit",
  "urllib",
  "webbrowser",
]);

/** Python built-ins that run code, look up names or open files. */
const REFUSED_BUILTINS: ReadonlySet<string> = new Set([
  "__import__",
  "apply",
  "breakpoint",
  "compile",
  "delattr",
  "eval",
  "exec",
  "execfile",
  "file",
  "getattr",
  "globals",
  "input",
  "locals",
  "open",
  "setattr",
  "vars",
]);

const BUILTINS: ReadonlySet<string> = new Set(["builtins", "__builtin__", "__builtins__"]);

/** Other functions that load or download attacker-controlled data. */
const REFUSED_FUNCTIONS: ReadonlySet<string> = new Set([
  "numpy.load",
  "torch.load",
  "torch.hub.load",
  "torch.storage._load_from_bytes",
]);

/**
 * Whether a name in a pickle shows that the file is an attack.
 *
 * Safety does not depend on this list: no name is looked up, imported or called here, so a missing name does
 * no harm. The list exists to warn users about files that would be harmful elsewhere.
 */
export function isRefusedName(module: string, name: string): boolean {
  const [top] = module.split(".");
  if (REFUSED_MODULES.has(top) || REFUSED_FUNCTIONS.has(`${module}.${name}`)) return true;
  const steps = name.split(".");
  // A dotted name resolves attributes: "torch" and "os.system" reach the same as "os" and "system".
  if (steps.length > 1 && steps.some((step) => REFUSED_MODULES.has(step))) return true;
  return BUILTINS.has(top) && steps.some((step) => REFUSED_BUILTINS.has(step));
}
